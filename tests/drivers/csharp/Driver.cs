using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Threading;
using Himds.Abi1;

/// <summary>
/// Runs the scenarios of tests/scenarios through the C# classes: one request a line on stdin, one answer a line on
/// stdout. With the argument "pool" the calls go by the thread pool, as those of the PowerShell functions do.
/// </summary>
internal static class Driver
{
    private static Client client;
    private static CancellationTokenSource kept = new CancellationTokenSource();
    private static bool pool;

    private static int Main(string[] arguments)
    {
        pool = arguments.Length > 0 && arguments[0] == "pool";
        TextWriter output = new StreamWriter(Console.OpenStandardOutput());
        string line;
        while ((line = Console.In.ReadLine()) != null)
        {
            Dictionary<string, string> request = Wire.Parse(line);
            if (request["operation"] == "exit")
            {
                break;
            }
            output.Write(Answer(request) + "\n");
            output.Flush();
        }
        return 0;
    }

    private static string Answer(Dictionary<string, string> request)
    {
        try
        {
            return Perform(request["operation"], request);
        }
        catch (HimdsException exception)
        {
            return Failure(exception);
        }
    }

    private static string Perform(string operation, Dictionary<string, string> request)
    {
        switch (operation)
        {
            case "client":
                // The C library cannot be given a NUL, so C# refuses one itself; `token` shows how.
                return HasNul(request) ? Unsupported("no option of C# can hold a NUL") : MakeClient(request);
            case "token":
                using (AccessToken token = GetToken(request))
                {
                    return Describe(token);
                }
            case "peek":
                using (AccessToken token = client.Peek(Wire.Get(request, "resource")))
                {
                    return token == null ? new Answer("ok").Add("none", "1").ToString() : Describe(token);
                }
            case "claims":
                using (AccessToken token = GetToken(request))
                {
                    return new Answer("ok").Add("json", token.GetClaims()).ToString();
                }
            case "metadata":
                using (Metadata metadata = GetMetadata(request))
                {
                    return Describe(metadata);
                }
            case "pointer":
                using (Metadata metadata = GetMetadata(request))
                {
                    return new Answer("ok").Add("json", metadata.GetJson(Wire.Get(request, "pointer"))).ToString();
                }
            case "get":
                string body = client.Get(Wire.Get(request, "path"), Wire.Get(request, "api_version"), Limits(request));
                return new Answer("ok").Add("body", body).ToString();
            case "source":
                return new Answer("ok").Add("source", client.Source ?? "").Add("reason", client.SourceReason)
                    .Add("endpoint", client.Endpoint).ToString();
            case "clear_cache":
                client.ClearCache();
                return "ok";
            case "diagnose":
                return new Answer("ok").Add("json", Diagnose(request)).ToString();
            case "close":
                client.Dispose();
                return "ok";
            case "cancel":
                kept.Cancel();
                return "ok";
            default:
                return Unsupported("C# has no " + operation);
        }
    }

    private static string Unsupported(string why)
    {
        return new Answer("unsupported").Add("message", why).ToString();
    }

    private static bool HasNul(Dictionary<string, string> request)
    {
        foreach (string value in request.Values)
        {
            if (value.IndexOf('\0') >= 0)
            {
                return true;
            }
        }
        return false;
    }

    private static string MakeClient(Dictionary<string, string> request)
    {
        kept = new CancellationTokenSource();
        if (client != null)
        {
            client.Dispose();
            client = null;
        }
        const string Prefix = "env.";
        Dictionary<string, string> before = new Dictionary<string, string>();
        try
        {
            foreach (KeyValuePair<string, string> pair in request)
            {
                if (pair.Key.StartsWith(Prefix, StringComparison.Ordinal))
                {
                    string name = pair.Key.Substring(Prefix.Length);
                    before[name] = Environment.GetEnvironmentVariable(name);
                    Environment.SetEnvironmentVariable(name, pair.Value);
                }
            }
            client = new Client(Options(request));
            return "ok";
        }
        finally
        {
            foreach (KeyValuePair<string, string> pair in before)
            {
                Environment.SetEnvironmentVariable(pair.Key, pair.Value);
            }
        }
    }

    private static ClientOptions Options(Dictionary<string, string> request)
    {
        ClientOptions options = new ClientOptions();
        options.Source = Wire.Get(request, "source");
        options.Endpoint = Wire.Get(request, "endpoint");
        options.TokenDirectory = Wire.Get(request, "token_dir");
        options.ClientId = Wire.Get(request, "client_id");
        options.ObjectId = Wire.Get(request, "object_id");
        options.ResourceId = Wire.Get(request, "resource_id");
        options.UserAgent = Wire.Get(request, "user_agent");
        options.TimeoutSeconds = Wire.Seconds(request, "timeout");
        options.ConnectTimeoutSeconds = Wire.Seconds(request, "connect_timeout");
        options.WaitForServiceSeconds = Wire.Seconds(request, "wait_for_service");
        string attempts = Wire.Get(request, "max_attempts");
        if (attempts != null)
        {
            options.MaxAttempts = int.Parse(attempts, CultureInfo.InvariantCulture);
        }
        return options;
    }

    private static RequestOptions Limits(Dictionary<string, string> request)
    {
        RequestOptions options = new RequestOptions();
        options.ForceRefresh = Wire.Get(request, "force_refresh") == "1";
        options.Claims = Wire.Get(request, "claims");
        options.TimeoutSeconds = Wire.Seconds(request, "timeout");
        if (Wire.Get(request, "cancel") == "1")
        {
            options.Cancellation = kept.Token;
        }
        string cancelAfter = Wire.Get(request, "cancel_after_ms");
        if (cancelAfter != null)
        {
            CancellationTokenSource cancellation = new CancellationTokenSource();
            cancellation.CancelAfter(int.Parse(cancelAfter, CultureInfo.InvariantCulture));
            options.Cancellation = cancellation.Token;
        }
        return options;
    }

    private static AccessToken GetToken(Dictionary<string, string> request)
    {
        string resource = Wire.Get(request, "resource");
        RequestOptions limits = Limits(request);
        return pool ? client.StartGetToken(resource, limits).GetResult() : client.GetToken(resource, limits);
    }

    private static Metadata GetMetadata(Dictionary<string, string> request)
    {
        RequestOptions limits = Limits(request);
        return pool ? client.StartGetMetadata(limits).GetResult() : client.GetMetadata(limits);
    }

    private static string Diagnose(Dictionary<string, string> request)
    {
        string resource = Wire.Get(request, "resource");
        RequestOptions limits = Limits(request);
        return pool ? client.StartDiagnose(resource, limits).GetResult() : client.Diagnose(resource, limits);
    }

    private static string Describe(AccessToken token)
    {
        return new Answer("ok")
            .Add("secret", token.GetSecret())
            .Add("expires_on", Wire.UnixSeconds(token.ExpiresOn))
            .Add("refresh_on", token.RefreshOn.HasValue ? Wire.UnixSeconds(token.RefreshOn.Value) : "")
            .Add("resource", token.Resource)
            .Add("token_type", token.Type)
            .Add("repr", token.ToString())
            .ToString();
    }

    private static string Describe(Metadata metadata)
    {
        return new Answer("ok")
            .Add("json", metadata.Json)
            .Add("subscription_id", metadata.SubscriptionId)
            .Add("resource_group", metadata.ResourceGroup)
            .Add("location", metadata.Location)
            .Add("name", metadata.Name)
            .Add("resource_id", metadata.ResourceId)
            .Add("vm_id", metadata.VmId)
            .Add("os_type", metadata.OsType)
            .Add("environment", metadata.AzureEnvironment)
            .Add("tags", Wire.JsonObject(metadata.Tags))
            .ToString();
    }

    private static string Failure(HimdsException exception)
    {
        Answer answer = new Answer("error")
            .Add("kind", exception.Kind)
            .Add("status", exception.Status.ToString(CultureInfo.InvariantCulture))
            .Add("message", exception.Message)
            .Add("hint", exception.Hint)
            .Add("http_status", Text(exception.HttpStatus))
            .Add("error", exception.ServerError)
            .Add("error_description", exception.ServerErrorDescription)
            .Add("correlation_id", exception.CorrelationId)
            .Add("attempts", exception.Attempts.ToString(CultureInfo.InvariantCulture))
            .Add("repr", exception + " " + exception.Body);
        if (exception.RetryAfter.HasValue)
        {
            answer.Add("retry_after", exception.RetryAfter.Value.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        }
        return answer.ToString();
    }

    private static string Text(int? number)
    {
        return number.HasValue ? number.Value.ToString(CultureInfo.InvariantCulture) : null;
    }
}
