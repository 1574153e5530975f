using System;
using Himds.Abi1;

/// <summary>Gets a token by the assembly and the library of one platform's folder of the PowerShell module.</summary>
internal static class ModuleTest
{
    private static int Main(string[] arguments)
    {
        Library.Load(arguments[0]);
        using (Client client = new Client())
        using (AccessToken token = client.GetToken("https://vault.azure.net"))
        {
            Console.WriteLine(token.GetAuthorizationHeader());
        }
        return 0;
    }
}
