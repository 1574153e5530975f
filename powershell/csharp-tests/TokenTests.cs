using System;
using System.Runtime.InteropServices;
using System.Security;
using Himds.Abi1;

internal static class TokenTests
{
    internal static void Add(Action<string, Action> add)
    {
        add("the native library has the generation of these classes", Generation);
        add("a token has its properties", Properties);
        add("the secure string holds the token and is read-only", Secure);
        add("the header is Bearer and the token", Header);
        add("nothing that prints shows the token", Hidden);
        add("a second call is served from the cache", Cached);
        add("force refresh and claims ask the service", Forced);
        add("peek finds what was got and nothing else", Peek);
        add("clear cache forgets", Clear);
        add("claims of a token, of a string, of a secure string", ClaimsOf);
        add("a token too long for a secure string is available as a string", Long);
        add("a token without an end in sight", FarExpiry);
        add("imds needs one request", FromImds);
        add("a token tells the attempts that it took", Attempts);
    }

    private static void Generation()
    {
        Library.Verify();
        string damaged = System.IO.Path.GetTempFileName();
        try
        {
            Library.Load(damaged);
            Check.True(false, "a file that is not a library is loaded");
        }
        catch (DllNotFoundException exception)
        {
            Check.True(exception.Message.IndexOf(damaged, StringComparison.Ordinal) >= 0, exception.Message);
        }
        finally
        {
            System.IO.File.Delete(damaged);
        }
        Check.True(Library.Version.IndexOf('.') > 0, "there is a version");
        Check.Equal("himds", Library.Name);
    }

    private static void Properties()
    {
        using (Client client = Tests.NewClient())
        using (AccessToken token = client.GetToken(Tests.Vault))
        {
            Check.Equal(Tests.Vault, token.Resource);
            Check.Equal("Bearer", token.Type);
            double hours = (token.ExpiresOn - DateTimeOffset.UtcNow).TotalHours;
            Check.True(hours > 23 && hours <= 24, "the token lives a day: " + hours);
            Check.True(token.RefreshOn.HasValue && token.RefreshOn < token.ExpiresOn, "it is refreshed before that");
            Check.Equal(TimeSpan.Zero, token.ExpiresOn.Offset);
            Check.Equal(1, token.GetAttempts());
        }
    }

    private static void Secure()
    {
        using (Client client = Tests.NewClient())
        using (AccessToken token = client.GetToken(Tests.Vault))
        {
            Check.Equal(token.GetSecret(), Reveal(token.Token));
            Check.True(token.Token.IsReadOnly(), "it is read-only");
            Check.True(object.ReferenceEquals(token.Token, token.Token), "it is made once");
        }
    }

    private static void Header()
    {
        using (Client client = Tests.NewClient())
        using (AccessToken token = client.GetToken(Tests.Vault))
        {
            Check.Equal("Bearer " + token.GetSecret(), token.GetAuthorizationHeader());
        }
    }

    private static void Hidden()
    {
        using (Client client = Tests.NewClient())
        {
            PendingCall<AccessToken> call = client.StartGetToken(Tests.Vault, null);
            AccessToken token = call.GetResult();
            string secret = token.GetSecret();
            foreach (object shown in new object[] { token, token.Token, client, call, call.Task, Tests.Options() })
            {
                Check.Hides(secret, shown);
            }
            foreach (System.Reflection.PropertyInfo property in typeof(AccessToken).GetProperties())
            {
                object value = property.GetValue(token, null);
                Check.Hides(secret, value ?? "");
            }
        }
    }

    private static void Cached()
    {
        using (Client client = Tests.NewClient())
        {
            string first = client.GetToken(Tests.Vault).GetSecret();
            Check.Equal(first, client.GetToken(Tests.Vault).GetSecret());
            Check.Equal(first, client.GetToken(Tests.Vault + "/.default").GetSecret());
            Check.Equal(2, Tests.Server.Requests());
        }
    }

    private static void Forced()
    {
        using (Client client = Tests.NewClient())
        {
            string first = client.GetToken(Tests.Vault).GetSecret();
            string forced = client.GetToken(Tests.Vault, new RequestOptions { ForceRefresh = true }).GetSecret();
            Check.True(first != forced, "forced, it is another token");
            PendingCall<AccessToken> call = client.StartGetToken(Tests.Vault, new RequestOptions { Claims = "{}" });
            Check.True(!call.FromCache, "a claims challenge is not answered from the cache");
            Check.True(call.GetResult().GetSecret() != forced, "with claims, it is another token");
            Check.Equal(6, Tests.Server.Requests());
        }
    }

    private static void Peek()
    {
        using (Client client = Tests.NewClient())
        {
            Check.Equal(null, client.Peek(Tests.Vault));
            string secret = client.GetToken(Tests.Vault).GetSecret();
            Check.Equal(secret, client.Peek(Tests.Vault).GetSecret());
            Check.Equal(secret, client.PeekFresh(Tests.Vault).GetSecret());
            Check.Equal(null, client.Peek("https://storage.azure.com"));
            Check.Equal(null, client.Peek(""));
        }
    }

    private static void Clear()
    {
        using (Client client = Tests.NewClient())
        {
            client.GetToken(Tests.Vault);
            client.ClearCache();
            Check.Equal(null, client.Peek(Tests.Vault));
        }
    }

    private static void ClaimsOf()
    {
        using (Client client = Tests.NewClient())
        using (AccessToken token = client.GetToken(Tests.Vault))
        {
            string claims = token.GetClaims();
            Check.True(claims.IndexOf("\"aud\":\"" + Tests.Vault + "\"", StringComparison.Ordinal) > 0, "it has the audience");
            Check.Equal(claims, Claims.Decode(token.GetSecret()));
            Check.Equal(claims, Claims.Decode(token.Token));
        }
        Check.Fails("invalid_argument", () => Claims.Decode((string)null));
        Check.Fails("invalid_argument", () => Claims.Decode((SecureString)null));
        Check.Fails("invalid_argument", () => Claims.Decode(""));
        Check.Fails("invalid_argument", () => Claims.Decode(new SecureString()));
        Check.Fails("response_invalid", () => Claims.Decode("not a token"));
    }

    private static void Long()
    {
        string text = new string('a', 70000);
        Tests.Server.Fault("{\"on\":\"key\",\"set\":{\"access_token\":\"\\\"" + text + "\\\"\"}}");
        using (Client client = Tests.NewClient())
        using (AccessToken token = client.GetToken(Tests.Vault))
        {
            Check.Equal(text, token.GetSecret());
            try
            {
                Check.Equal(null, token.Token);
            }
            catch (ArgumentOutOfRangeException)
            {
                return;
            }
        }
        throw new CheckFailed("a secure string of 70000 characters was made");
    }

    private static void FarExpiry()
    {
        Tests.Server.Fault("{\"on\":\"key\",\"set\":{\"expires_on\":\"253402300799\",\"expires_in\":\"null\"}}");
        using (Client client = Tests.NewClient())
        using (AccessToken token = client.GetToken(Tests.Vault))
        {
            Check.Equal(9999, token.ExpiresOn.Year);
        }
    }

    private static void Attempts()
    {
        Tests.Server.Fault("{\"preset\":\"unavailable\",\"count\":2}");
        using (Client client = Tests.NewClient())
        using (AccessToken token = client.GetToken(Tests.Vault))
        {
            Check.Equal(3, token.GetAttempts());
        }
    }

    private static void FromImds()
    {
        using (Client client = new Client(new ClientOptions { Source = "imds", Endpoint = Tests.Server.Imds }))
        {
            Check.Equal("imds", client.Source);
            client.GetToken(Tests.Vault);
            Check.Equal(1, Tests.Server.Requests());
        }
    }

    internal static string Reveal(SecureString secret)
    {
        IntPtr copy = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try
        {
            return Marshal.PtrToStringUni(copy);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(copy);
        }
    }
}
