using System;
using System.Collections.Generic;
using Himds.Abi1;

internal static class MetadataTests
{
    internal static void Add(Action<string, Action> add)
    {
        add("metadata has its properties", Properties);
        add("absent and empty members are null, tags empty", Absent);
        add("a JSON pointer gives text or JSON", Pointers);
        add("a JSON pointer that leads nowhere or is none", BadPointers);
        add("another path is got by name", OtherPath);
        add("metadata text is kept beyond ASCII", Unicode);
        add("a diagnosis is JSON", Diagnosis);
    }

    private static void Properties()
    {
        using (Client client = Tests.NewClient())
        using (Metadata metadata = client.GetMetadata())
        {
            Check.Equal("arc-demo", metadata.Name);
            Check.Equal("arc-servers", metadata.ResourceGroup);
            Check.Equal("westeurope", metadata.Location);
            Check.Equal("Linux", metadata.OsType);
            Check.Equal("AzurePublicCloud", metadata.AzureEnvironment);
            Check.Equal("00000000-0000-0000-0000-00000000abcd", metadata.SubscriptionId);
            Check.Equal("13f56399-bd52-4150-9748-7190aae1ff21", metadata.VmId);
            Check.True(metadata.ResourceId.EndsWith("/machines/arc-demo", StringComparison.Ordinal), metadata.ResourceId);
            IDictionary<string, string> tags = metadata.Tags;
            Check.Equal(2, tags.Count);
            Check.Equal("ops;team:a", tags["owner"]);
            Check.True(metadata.ToString().IndexOf("arc-demo", StringComparison.Ordinal) > 0, "its text names the machine");
        }
    }

    private static void Absent()
    {
        Tests.Server.Fault("{\"on\":\"metadata\",\"status\":200,\"body\":\"{\\\"compute\\\":{\\\"name\\\":\\\"\\\",\\\"location\\\":null,"
            + "\\\"osType\\\":7}}\"}");
        using (Client client = Tests.NewClient())
        using (Metadata metadata = client.GetMetadata())
        {
            Check.Equal(null, metadata.Name);
            Check.Equal(null, metadata.Location);
            Check.Equal(null, metadata.OsType);
            Check.Equal(null, metadata.VmId);
            Check.Equal(0, metadata.Tags.Count);
        }
    }

    private static void Pointers()
    {
        using (Client client = Tests.NewClient())
        using (Metadata metadata = client.GetMetadata())
        {
            Check.Equal("westeurope", metadata.Get("/compute/location"));
            Check.Equal("\"westeurope\"", metadata.GetJson("/compute/location"));
            Check.Equal("{}", metadata.GetJson("/network"));
            Check.True(metadata.Get("").StartsWith("{", StringComparison.Ordinal), "no pointer is the whole document");
            Check.True(metadata.Json.StartsWith("{", StringComparison.Ordinal), "so is the property");
        }
    }

    private static void BadPointers()
    {
        using (Client client = Tests.NewClient())
        using (Metadata metadata = client.GetMetadata())
        {
            Check.Equal(4, Check.Fails("not_found", () => metadata.Get("/compute/none")).Status);
            Check.Fails("invalid_argument", () => metadata.Get("compute"));
            Check.Fails("invalid_argument", () => metadata.Get("/comp\0ute"));
        }
    }

    private static void OtherPath()
    {
        using (Client client = Tests.NewClient())
        {
            string body = client.Get("/metadata/identity/info", "2018-02-01", null);
            Check.True(body.IndexOf("tenantId", StringComparison.Ordinal) > 0, body);
        }
    }

    private static void Unicode()
    {
        Tests.Server.Fault("{\"on\":\"metadata\",\"status\":200,\"body\":\"{\\\"compute\\\":{\\\"name\\\":\\\"Z\\u00fcrich \\ud83d\\ude80\\\"}}\"}");
        using (Client client = Tests.NewClient())
        using (Metadata metadata = client.GetMetadata())
        {
            Check.Equal("Z\u00fcrich \ud83d\ude80", metadata.Name);
        }
    }

    private static void Diagnosis()
    {
        using (Client client = Tests.NewClient())
        {
            string json = client.StartDiagnose(null, null).GetResult();
            Check.True(json.StartsWith("{\"ok\":true,\"source\":\"himds\"", StringComparison.Ordinal), json);
        }
    }
}
