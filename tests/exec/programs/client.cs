using System;
using System.IO;
using System.Net;

/// .NET's client, which connects without blocking.
public static class Program {
    public static void Main() {
        var request = (HttpWebRequest)WebRequest.Create(Environment.GetEnvironmentVariable("URL"));
        request.Headers.Add("Metadata", "true");
        using (var reader = new StreamReader(request.GetResponseAsync().Result.GetResponseStream())) {
            Console.WriteLine(reader.ReadToEnd());
        }
    }
}
