using System;
using System.IO;
using Himds.Abi1;

internal static class ErrorTests
{
    internal static void Add(Action<string, Action> add)
    {
        add("an error carries what the server said", FromServer);
        add("a retry-after reaches the caller", RetryAfter);
        add("a missing key file names the file and the system's number", KeyFile);
        add("an error's text has kind, number, message and hint", Text);
        add("errors hide key and token", Hidden);
        add("a text that is not valid Unicode is refused", BadText);
        add("an unusable option is refused when the client is made", BadOptions);
        add("a limit that is none is refused, for a cached token too", BadLimits);
        add("what was closed says so", Closed);
    }

    private static void FromServer()
    {
        Tests.Server.Fault("{\"preset\":\"entra\",\"on\":\"key\"}");
        using (Client client = Tests.NewClient())
        {
            HimdsException error = Check.Fails("service", () => client.GetToken(Tests.Vault));
            Check.Equal(200, error.Status);
            Check.Equal(400, error.HttpStatus);
            Check.True(!string.IsNullOrEmpty(error.ServerError), "the server's error");
            Check.True(!string.IsNullOrEmpty(error.ServerErrorDescription), "the server's description");
            Check.True(!string.IsNullOrEmpty(error.CorrelationId), "the correlation id");
            Check.True(!string.IsNullOrEmpty(error.Body), "the body");
            Check.Equal(1, error.Attempts);
            Check.Equal(null, error.RetryAfter);
            Check.Equal(null, error.OsError);
        }
    }

    private static void RetryAfter()
    {
        Tests.Server.Fault("{\"preset\":\"throttled\",\"headers\":[[\"Retry-After\",\"7\"]],\"count\":0}");
        ClientOptions options = Tests.Options();
        options.MaxAttempts = 1;
        using (Client client = new Client(options))
        {
            HimdsException error = Check.Fails("throttled", () => client.GetToken(Tests.Vault));
            Check.Equal(TimeSpan.FromSeconds(7), error.RetryAfter);
            Check.Equal(429, error.HttpStatus);
        }
    }

    private static void KeyFile()
    {
        Tests.Server.Fault("{\"on\":\"challenge\",\"key\":{\"kind\":\"missing\"}}");
        using (Client client = Tests.NewClient())
        {
            HimdsException error = Check.Fails("key_file_unreadable", () => client.GetToken(Tests.Vault));
            Check.Equal(112, error.Status);
            Check.Equal(2, error.OsError);
            Check.True(error.File.StartsWith(Tests.Server.TokenDirectory, StringComparison.Ordinal), "the file is named");
            Check.True(!string.IsNullOrEmpty(error.Hint), "there is a hint");
        }
    }

    private static void Text()
    {
        HimdsException error = Check.Fails("configuration", () => new Client(new ClientOptions { Source = "none" }));
        string text = error.ToString();
        Check.True(text.StartsWith("configuration (2): " + error.Message, StringComparison.Ordinal), text);
        Check.True(text.IndexOf(error.Hint, StringComparison.Ordinal) > 0, text);
    }

    private static void Hidden()
    {
        string key = Path.Combine(Tests.Server.TokenDirectory, "known.key");
        Tests.Server.Fault(
            "{\"on\":\"challenge\",\"key\":{\"name\":\"known.key\",\"content\":\"a-key-that-nobody-may-see\"}}");
        Tests.Server.Fault(
            "{\"on\":\"key\",\"status\":400,\"body\":\"{\\\"error\\\":\\\"{token} a-key-that-nobody-may-see\\\"}\"}");
        using (Client client = Tests.NewClient())
        {
            HimdsException error = Check.Fails("service", () => client.GetToken(Tests.Vault));
            string all = error + error.Body + error.ServerError + error.ServerErrorDescription + error.Hint;
            Check.Hides("a-key-that-nobody-may-see", all);
            Check.True(all.IndexOf("eyJ", StringComparison.Ordinal) < 0, "no token: " + all);
        }
        File.Delete(key);
    }

    private static void BadText()
    {
        using (Client client = Tests.NewClient())
        {
            Check.Fails("invalid_argument", () => client.GetToken(null));
            Check.Fails("invalid_argument", () => client.GetToken(""));
            Check.Fails("invalid_argument", () => client.GetToken("a\0b"));
            Check.Fails("invalid_argument", () => client.GetToken("a\ud800b"));
            Check.Fails("invalid_argument", () => client.GetToken(new string('a', 10000)));
            Check.Equal(0, Tests.Server.Requests());
        }
    }

    private static void BadOptions()
    {
        Check.Fails("configuration", () => new Client(new ClientOptions { Endpoint = "http://example.com", Source = "himds" }));
        Check.Fails("configuration", () => new Client(new ClientOptions { ClientId = "a", ObjectId = "b" }));
        Check.Fails("invalid_argument", () => new Client(new ClientOptions { ClientId = "" }));
        Check.Fails("invalid_argument", () => new Client(new ClientOptions { MaxAttempts = -1 }));
        Check.Fails("invalid_argument", () => new Client(new ClientOptions { TimeoutSeconds = double.NaN }));
        Check.Fails("invalid_argument", () => new Client(new ClientOptions { ConnectTimeoutSeconds = 0 }));
        Check.Fails("invalid_argument", () => new Client(new ClientOptions { WaitForServiceSeconds = -1 }));
        Check.Fails("invalid_argument", () => new Client(new ClientOptions { WaitForServiceSeconds = double.NaN }));
    }

    private static void BadLimits()
    {
        using (Client client = Tests.NewClient())
        {
            client.GetToken(Tests.Vault);
            foreach (double seconds in new double[] { 0, -1, double.NaN })
            {
                RequestOptions limits = new RequestOptions { TimeoutSeconds = seconds };
                Check.Fails("invalid_argument", () => client.GetToken(Tests.Vault, limits));
                Check.Fails("invalid_argument", () => client.StartGetToken(Tests.Vault, limits).GetResult());
            }
            RequestOptions least = new RequestOptions { TimeoutSeconds = 0.0001 };
            client.GetToken(Tests.Vault, least);
            RequestOptions most = new RequestOptions { TimeoutSeconds = double.PositiveInfinity };
            client.GetToken(Tests.Vault, most);
        }
    }

    private static void Closed()
    {
        Client client = Tests.NewClient();
        AccessToken token = client.GetToken(Tests.Vault);
        Metadata metadata = client.GetMetadata();
        client.Dispose();
        client.Dispose();
        Check.Equal(5, Check.Fails("closed", () => client.GetToken(Tests.Vault)).Status);
        Check.Fails("closed", () => client.Peek(Tests.Vault));
        Check.Fails("closed", () => client.GetMetadata());
        Check.Fails("closed", client.ClearCache);
        Check.Equal("Client (closed)", client.ToString());
        Check.True(token.GetSecret().Length > 0, "a token outlives its client");

        token.Dispose();
        Check.Fails("closed", () => token.GetSecret());
        Check.Fails("closed", () => token.GetClaims());
        Check.Fails("closed", () => Check.Equal(null, token.Token));
        Check.True(token.ToString().Length > 0, "its text needs nothing native");
        metadata.Dispose();
        Check.Fails("closed", () => metadata.Get("/compute/name"));
        Check.Equal("Metadata (closed)", metadata.ToString());
    }
}
