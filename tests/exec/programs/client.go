// Go's client, several at once: its runtime connects without blocking and sends its threads signals.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
)

func ask() string {
	request, err := http.NewRequest("GET", os.Getenv("URL"), nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Metadata", "true")
	client := http.Client{Transport: &http.Transport{Proxy: nil}}
	answer, err := client.Do(request)
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 {
		panic(fmt.Sprint(answer.Status, err))
	}
	return string(body)
}

func main() {
	answers := make(chan string)
	for i := 0; i < 100; i++ {
		go func() { answers <- ask() }()
	}
	last := ""
	for i := 0; i < 100; i++ {
		last = <-answers
	}
	fmt.Println(last)
}
