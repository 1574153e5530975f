using System;
using System.Globalization;
using System.Threading;
using Himds.Abi1;

internal static class SharingTests
{
    internal static void Add(Action<string, Action> add)
    {
        add("the process has one client for the same options", Same);
        add("the process has one client in every culture", Culture);
        add("other options, another client", Different);
        add("one service has one client, whether named or chosen", OneService);
        add("a variable that only the diagnosis reports makes no other client", ReportedVariable);
        add("a diagnosis reports the variables of its own options", Diagnosis);
        add("options that fail are not kept", NotKept);
        add("clearing all caches reaches all clients", ClearAll);
        add("the environment is the one that .NET sees", SeesEnvironment);
        add("the options' own environment wins", OwnEnvironment);
        add("workload identity's variables are seen as .NET has them", WorkloadIdentity);
    }

    private static void Same()
    {
        Client first = Clients.Get(Tests.Options());
        Check.True(object.ReferenceEquals(first, Clients.Get(Tests.Options())), "it is the same client");
    }

    private static void Culture()
    {
        CultureInfo before = Thread.CurrentThread.CurrentCulture;
        CultureInfo other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        other.NumberFormat.NegativeSign = "\u2212";
        Client first = Clients.Get(Tests.Options());
        Thread.CurrentThread.CurrentCulture = other;
        try
        {
            Check.True(object.ReferenceEquals(first, Clients.Get(Tests.Options())), "it is the same client");
        }
        finally
        {
            Thread.CurrentThread.CurrentCulture = before;
        }
    }

    private static void Different()
    {
        Client client = Clients.Get(Tests.Options());
        int before = Clients.Count;
        Action<ClientOptions>[] changes =
        {
            o => o.Source = "imds", o => o.Endpoint = Tests.Server.Imds, o => o.TokenDirectory = System.IO.Path.GetTempPath(), o => o.ClientId = "a",
            o => o.ObjectId = "a", o => o.ResourceId = "a"
        };
        foreach (Action<ClientOptions> change in changes)
        {
            ClientOptions options = Tests.Options();
            change(options);
            Check.True(!object.ReferenceEquals(client, Clients.Get(options)), "it is another client");
        }
        Check.Equal(before + changes.Length, Clients.Count);
    }

    private static void OneService()
    {
        Client named = Clients.Get(Tests.Options());
        int before = Clients.Count;
        ClientOptions options = Tests.Options();
        options.Source = null;
        options.Endpoint = null;
        options.EnvironmentVariables["IDENTITY_ENDPOINT"] = Tests.Server.Himds + "/metadata/identity/oauth2/token";
        options.EnvironmentVariables["IMDS_ENDPOINT"] = Tests.Server.Himds;
        Check.True(object.ReferenceEquals(named, Clients.Get(options)), "it is the same client");
        Check.Equal(before, Clients.Count);
        string reason = Clients.Describe(options).Value.Reason;
        Check.True(reason.IndexOf("IDENTITY_ENDPOINT", StringComparison.Ordinal) >= 0, reason);
        Check.Equal("Himds", Clients.Describe(Tests.Options()).Value.Source);
        Check.True(Clients.Describe(Tests.Options()).Value.Reason != reason, "each has the reason that holds for it");
    }

    private static void ReportedVariable()
    {
        Client client = Clients.Get(Tests.Options());
        int before = Clients.Count;
        ClientOptions options = Tests.Options();
        options.EnvironmentVariables["HTTP_PROXY"] = "http://127.0.0.1:1";
        Check.True(object.ReferenceEquals(client, Clients.Get(options)), "it is the same client");
        Check.Equal(before, Clients.Count);
    }

    private static void Diagnosis()
    {
        Clients.Get(Tests.Options()).GetToken(Tests.Vault);
        ClientOptions options = Tests.Options();
        options.EnvironmentVariables["HTTP_PROXY"] = "http://proxy-of-now.example:1";
        int before = Clients.Count;
        string report = Clients.StartDiagnose(options, null, null).GetResult();
        Check.True(report.IndexOf("HTTP_PROXY", StringComparison.Ordinal) >= 0, report);
        Check.Equal(before, Clients.Count);
    }

    private static void NotKept()
    {
        int before = Clients.Count;
        ClientOptions options = Tests.Options();
        options.Endpoint = "http://example.com";
        Check.Fails("configuration", () => Clients.Get(options));
        Check.Equal(before, Clients.Count);
    }

    private static void ClearAll()
    {
        Client client = Clients.Get(Tests.Options());
        client.GetToken(Tests.Vault);
        Clients.ClearCaches();
        Check.Equal(null, client.Peek(Tests.Vault));
    }

    private static void SeesEnvironment()
    {
        // Such a change does not reach the C library's environment, on other systems than Windows.
        Environment.SetEnvironmentVariable("IDENTITY_ENDPOINT", Tests.Server.Himds + "/metadata/identity/oauth2/token");
        Environment.SetEnvironmentVariable("IMDS_ENDPOINT", Tests.Server.Himds);
        try
        {
            using (Client client = new Client(new ClientOptions { TokenDirectory = Tests.Server.TokenDirectory }))
            {
                Check.Equal("himds", client.Source);
                Check.Equal(Tests.Server.Himds, client.Endpoint);
                client.GetToken(Tests.Vault);
            }
        }
        finally
        {
            Environment.SetEnvironmentVariable("IDENTITY_ENDPOINT", null);
            Environment.SetEnvironmentVariable("IMDS_ENDPOINT", null);
        }
    }

    private static void OwnEnvironment()
    {
        ClientOptions options = new ClientOptions();
        options.EnvironmentVariables["IDENTITY_ENDPOINT"] = "http://127.0.0.1:1/msi/token";
        options.EnvironmentVariables["IDENTITY_HEADER"] = "secret";
        using (Client client = new Client(options))
        {
            Check.Equal(null, client.Source);
            HimdsException error = Check.Fails("unavailable", () => client.GetToken(Tests.Vault));
            Check.True(error.Message.IndexOf("App Service", StringComparison.Ordinal) >= 0, error.Message);
        }
    }

    private static void WorkloadIdentity()
    {
        string[] names = { "AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_ID", "AZURE_TENANT_ID" };
        foreach (string name in names)
        {
            Environment.SetEnvironmentVariable(name, "x");
        }
        try
        {
            SourceInfo source = Clients.Describe(new ClientOptions()).Value;
            Check.Equal(null, source.Source);
            Check.True(source.Reason.IndexOf(names[0], StringComparison.Ordinal) >= 0, source.Reason);
        }
        finally
        {
            foreach (string name in names)
            {
                Environment.SetEnvironmentVariable(name, null);
            }
        }
    }
}
