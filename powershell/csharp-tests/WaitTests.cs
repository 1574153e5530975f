using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using Himds.Abi1;

/// <summary>Waiting for a service that does not listen yet.</summary>
internal static class WaitTests
{
    internal static void Add(Action<string, Action> add)
    {
        add("a service that does not listen yet is waited for", UntilItListens);
        add("it is waited for no longer than the options say", NoLonger);
        add("without a wait it is tried once", Once);
        add("other waits, another client, which is cleared with the first", Sharing);
    }

    private static ClientOptions Options(int port, double? wait)
    {
        ClientOptions options = new ClientOptions();
        options.Source = "imds";
        options.Endpoint = "http://127.0.0.1:" + port;
        options.WaitForServiceSeconds = wait;
        return options;
    }

    private static int FreePort()
    {
        TcpListener listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return port;
    }

    private static void UntilItListens()
    {
        int port = FreePort();
        using (Client client = new Client(Options(port, 20)))
        {
            PendingCall<AccessToken> call = client.StartGetToken(Tests.Vault, null);
            Check.True(!call.Wait(300), "it waits");
            TcpListener service = new TcpListener(IPAddress.Loopback, port);
            service.Start();
            try
            {
                Task<TcpClient> connection = service.AcceptTcpClientAsync();
                Check.True(connection.Wait(15000), "it tries again");
                Answer(connection.Result);
                Check.True(call.GetResult().GetAttempts() > 1, "the tries before are counted");
            }
            finally
            {
                service.Stop();
            }
        }
    }

    private static void Answer(TcpClient connection)
    {
        const string Body = "{\"access_token\":\"a.b.c\",\"expires_in\":\"3600\",\"resource\":\"" + Tests.Vault
            + "\",\"token_type\":\"Bearer\"}";
        using (connection)
        using (NetworkStream stream = connection.GetStream())
        using (StreamReader reader = new StreamReader(stream))
        {
            string line;
            do
            {
                line = reader.ReadLine();
            }
            while (!string.IsNullOrEmpty(line));
            byte[] answer = Encoding.ASCII.GetBytes(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + Body.Length
                + "\r\nConnection: close\r\n\r\n" + Body);
            stream.Write(answer, 0, answer.Length);
        }
    }

    private static void NoLonger()
    {
        // The waits of HIMDS are 0.2 s at most in the beginning, so that there is a second try in any case.
        ClientOptions options = Options(FreePort(), 0.5);
        options.Source = "himds";
        using (Client client = new Client(options))
        {
            HimdsException error = Check.Fails("unavailable", () => client.GetToken(Tests.Vault));
            Check.True(error.Attempts > 1, "it was tried again");
            Check.True(error.Elapsed < TimeSpan.FromSeconds(10), "it took " + error.Elapsed);
        }
    }

    private static void Once()
    {
        foreach (double? none in new double?[] { null, 0 })
        {
            using (Client client = new Client(Options(FreePort(), none)))
            {
                Check.Equal(1, Check.Fails("unavailable", () => client.GetToken(Tests.Vault)).Attempts);
            }
        }
    }

    private static void Sharing()
    {
        ClientOptions waiting = Tests.Options();
        waiting.WaitForServiceSeconds = 5;
        ClientOptions zero = Tests.Options();
        zero.WaitForServiceSeconds = 0;
        Client first = Clients.Get(Tests.Options());
        Client second = Clients.Get(waiting);
        Check.True(!object.ReferenceEquals(first, second), "it is another client");
        Check.True(object.ReferenceEquals(first, Clients.Get(zero)), "0 is the same as nothing");

        ClientOptions imds = Tests.Options();
        imds.Source = "imds";
        imds.Endpoint = Tests.Server.Imds;
        Client other = Clients.Get(imds);
        foreach (Client client in new[] { first, second, other })
        {
            client.GetToken(Tests.Vault);
        }
        Check.Equal("Himds", Clients.ClearCaches(Tests.Options()).Value.Source);
        Check.Equal(null, first.Peek(Tests.Vault));
        Check.Equal(null, second.Peek(Tests.Vault));
        Check.True(other.Peek(Tests.Vault) != null, "another service keeps its tokens");
    }
}
