using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Himds.Abi1
{
    /// <summary>
    /// How a client works. What is left null takes the library's default. A wrong value fails when the client is made.
    /// </summary>
    public sealed class ClientOptions
    {
        // .NET has an environment of its own on other systems than Windows, and what PowerShell's $env: sets never reaches the C
        // library's getenv: so the variables' values are handed over.

        /// <summary>The variables that decide which service is used.</summary>
        private static readonly string[] DecidingVariables =
        {
            "IDENTITY_ENDPOINT", "IMDS_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "MSI_ENDPOINT",
            "AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_ID", "AZURE_TENANT_ID"
        };

        /// <summary>The variables that only the diagnosis reports. Tokens do not depend on them, so no client does.</summary>
        private static readonly string[] ReportedVariables =
        {
            "KUBERNETES_SERVICE_HOST",
            "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"
        };

        private readonly Dictionary<string, string> environment = new Dictionary<string, string>(StringComparer.Ordinal);

        /// <summary>Default options: the source is chosen, the identity is the machine's own.</summary>
        public ClientOptions()
        {
            foreach (string[] names in new[] { DecidingVariables, ReportedVariables })
            {
                foreach (string name in names)
                {
                    environment[name] = Environment.GetEnvironmentVariable(name);
                }
            }
        }

        /// <summary><c>himds</c> or <c>imds</c>; null chooses.</summary>
        public string Source { get; set; }

        /// <summary>
        /// The base URL of the service, instead of its usual one. Loopback only, for IMDS 169.254.169.254 too.
        /// </summary>
        public string Endpoint { get; set; }

        /// <summary>The absolute path of the agent's key files, instead of the usual one.</summary>
        public string TokenDirectory { get; set; }

        /// <summary>The client id of a user-assigned identity. One of the three ids at most.</summary>
        public string ClientId { get; set; }

        /// <summary>The object id of a user-assigned identity.</summary>
        public string ObjectId { get; set; }

        /// <summary>The resource id of a user-assigned identity.</summary>
        public string ResourceId { get; set; }

        /// <summary>The time that a call may take in all, in seconds; 30 by default.</summary>
        public double? TimeoutSeconds { get; set; }

        /// <summary>The time that connecting may take, in seconds; 1 (HIMDS) or 2 (IMDS) by default.</summary>
        public double? ConnectTimeoutSeconds { get; set; }

        /// <summary>The largest number of attempts; 5 by default.</summary>
        public int? MaxAttempts { get; set; }

        /// <summary>
        /// Whether a key is sent only to a process that can read it anyway; the default. False is for a relay that an
        /// administrator runs between this process and the agent.
        /// </summary>
        public bool? VerifyPeer { get; set; }

        /// <summary>
        /// How long to keep trying a service that is not listening yet, in seconds, within the call's time-out; 0, the default,
        /// for not at all.
        /// </summary>
        public double? WaitForServiceSeconds { get; set; }

        /// <summary>The name of the calling program in the service's log.</summary>
        public string UserAgent { get; set; }

        /// <summary>
        /// The environment as this client sees it, null for a variable that is not set. Filled with the process's own
        /// values when the options are made; change it to give the client other ones.
        /// </summary>
        public IDictionary<string, string> EnvironmentVariables
        {
            get { return environment; }
        }

        /// <summary>The same text for the same options, and only for them.</summary>
        internal string Key()
        {
            StringBuilder key = new StringBuilder();
            AppendIdentity(key);
            AppendLimits(key);
            Append(key, Source);
            Append(key, Endpoint);
            List<string> names = new List<string>(environment.Keys);
            names.Sort(StringComparer.Ordinal);
            foreach (string name in names)
            {
                if (Array.IndexOf(ReportedVariables, name) < 0)
                {
                    Append(key, name);
                    Append(key, environment[name]);
                }
            }
            return key.ToString();
        }

        /// <summary>Whose tokens the clients of a service get.</summary>
        internal void AppendIdentity(StringBuilder key)
        {
            Append(key, TokenDirectory);
            Append(key, ClientId);
            Append(key, ObjectId);
            Append(key, ResourceId);
        }

        /// <summary>What distinguishes clients of the same service and identity.</summary>
        internal void AppendLimits(StringBuilder key)
        {
            Append(key, UserAgent);
            Append(key, Number(TimeoutSeconds));
            Append(key, Number(ConnectTimeoutSeconds));
            Append(key, Number(MaxAttempts));
            Append(key, VerifyPeer == false ? "unverified" : null);
            Append(key, Number(NativeWait));
        }

        /// <summary>The native options. The caller frees them.</summary>
        internal OptionsHandle ToNative()
        {
            OptionsHandle options;
            ErrorHandle error;
            HimdsException.ThrowIfFailed(NativeMethods.himds_options_new(out options, out error), error);
            try
            {
                Set(options, Source, "the source", NativeMethods.himds_options_set_source);
                Set(options, Endpoint, "the endpoint", NativeMethods.himds_options_set_endpoint);
                Set(options, TokenDirectory, "the token directory", NativeMethods.himds_options_set_token_dir);
                Set(options, ClientId, "the client id", NativeMethods.himds_options_set_client_id);
                Set(options, ObjectId, "the object id", NativeMethods.himds_options_set_object_id);
                Set(options, ResourceId, "the resource id", NativeMethods.himds_options_set_resource_id);
                Set(options, UserAgent, "the user agent", NativeMethods.himds_options_set_user_agent);
                SetTime(options, TimeoutSeconds, "the time-out", NativeMethods.himds_options_set_timeout_ms);
                SetTime(options, ConnectTimeoutSeconds, "the connect time-out", NativeMethods.himds_options_set_connect_timeout_ms);
                SetTime(options, NativeWait, "the wait for the service", NativeMethods.himds_options_set_wait_for_service_ms);
                SetMaxAttempts(options);
                SetVerifyPeer(options);
                SetEnvironment(options);
                return options;
            }
            catch
            {
                options.Dispose();
                throw;
            }
        }

        /// <summary>No wait is the library's default, and not a time.</summary>
        private double? NativeWait
        {
            get { return WaitForServiceSeconds == 0 ? null : WaitForServiceSeconds; }
        }

        private delegate int TextSetter(OptionsHandle options, byte[] value, out ErrorHandle error);

        private delegate int TimeSetter(OptionsHandle options, ulong value, out ErrorHandle error);

        private static void Set(OptionsHandle options, string value, string what, TextSetter setter)
        {
            ErrorHandle error;
            if (value != null)
            {
                byte[] native = Utf8.ToNative(value, what);
                HimdsException.ThrowIfFailed(setter(options, native, out error), error);
            }
        }

        private static void SetTime(OptionsHandle options, double? seconds, string what, TimeSetter setter)
        {
            ErrorHandle error;
            if (seconds.HasValue)
            {
                ulong milliseconds = Milliseconds.FromSeconds(seconds.Value, what);
                HimdsException.ThrowIfFailed(setter(options, milliseconds, out error), error);
            }
        }

        private void SetMaxAttempts(OptionsHandle options)
        {
            ErrorHandle error;
            if (MaxAttempts.HasValue)
            {
                // A negative number is as unusable as 0, which the library refuses.
                uint attempts = (uint)Math.Max(MaxAttempts.Value, 0);
                HimdsException.ThrowIfFailed(
                    NativeMethods.himds_options_set_max_attempts(options, attempts, out error), error);
            }
        }

        private void SetVerifyPeer(OptionsHandle options)
        {
            ErrorHandle error;
            if (VerifyPeer.HasValue)
            {
                HimdsException.ThrowIfFailed(
                    NativeMethods.himds_options_set_verify_peer(options, VerifyPeer.Value ? 1 : 0, out error), error);
            }
        }

        private void SetEnvironment(OptionsHandle options)
        {
            ErrorHandle error;
            foreach (KeyValuePair<string, string> variable in environment)
            {
                byte[] name = Utf8.ToNative(variable.Key, "the variable's name");
                byte[] value = Utf8.ToNative(variable.Value, "the variable " + variable.Key);
                HimdsException.ThrowIfFailed(
                    NativeMethods.himds_options_set_environment(options, name, value, out error), error);
            }
        }

        /// <summary>Adds one value. The length in front keeps two texts from reading like one; null differs from "".</summary>
        internal static void Append(StringBuilder key, string value)
        {
            key.Append(value == null ? "-" : Number(value.Length)).Append(':').Append(value).Append(';');
        }

        private static string Number(IFormattable number)
        {
            return number == null ? null : number.ToString(null, CultureInfo.InvariantCulture);
        }
    }
}
