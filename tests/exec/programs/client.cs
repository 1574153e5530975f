using System;
using System.Net.Http;

/// .NET's client, which connects without blocking.
public static class Program {
    public static void Main() {
        var client = new HttpClient();
        client.DefaultRequestHeaders.Add("Metadata", "true");
        Console.WriteLine(client.GetStringAsync(Environment.GetEnvironmentVariable("URL")).Result);
    }
}
