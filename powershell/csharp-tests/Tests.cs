using System;
using System.Collections.Generic;
using Himds.Abi1;

/// <summary>
/// Tests of the C# classes against a running emulator: Tests.exe READY-FILE [NAME]. The scenarios of tests/scenarios run
/// through tests/drivers/csharp; here is what only this layer has.
/// </summary>
internal static class Tests
{
    internal const string Vault = "https://vault.azure.net";
    internal const string Hang = "{\"wire\":{\"action\":\"hang\",\"after\":\"nothing\"},\"on\":\"any\",\"count\":0}";

    internal static Emulator Server { get; private set; }

    private static int Main(string[] arguments)
    {
        Server = new Emulator(arguments[0]);
        List<KeyValuePair<string, Action>> tests = new List<KeyValuePair<string, Action>>();
        Action<string, Action> add = (name, test) =>
        {
            if (arguments.Length < 2 || arguments[1] == name)
            {
                tests.Add(new KeyValuePair<string, Action>(name, () =>
                {
                    Server.Reset();
                    test();
                }));
            }
        };
        TokenTests.Add(add);
        ErrorTests.Add(add);
        MetadataTests.Add(add);
        CallTests.Add(add);
        WaitTests.Add(add);
        SharingTests.Add(add);
        LifetimeTests.Add(add);
        return Check.Run(tests);
    }

    /// <summary>Options for the emulator's HIMDS.</summary>
    internal static ClientOptions Options()
    {
        ClientOptions options = new ClientOptions();
        options.Source = "himds";
        options.Endpoint = Server.Himds;
        options.TokenDirectory = Server.TokenDirectory;
        return options;
    }

    internal static Client NewClient()
    {
        return new Client(Options());
    }
}
