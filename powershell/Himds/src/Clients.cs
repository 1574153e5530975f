using System;
using System.Collections.Generic;
using System.Text;

namespace Himds.Abi1
{
    /// <summary>
    /// The clients of this process, so that runspaces, which have nothing but the assembly in common, share one cache. There is
    /// one client for one service, identity and limits, however the options led to it: named, or chosen because of a variable or
    /// of what is installed. All members may be called from any thread.
    /// </summary>
    public static class Clients
    {
        private static readonly object Gate = new object();
        private static readonly Dictionary<string, Entry> Known = new Dictionary<string, Entry>(StringComparer.Ordinal);
        private static readonly Dictionary<string, Client> Services = new Dictionary<string, Client>(StringComparer.Ordinal);

        /// <summary>How many clients there are.</summary>
        public static int Count
        {
            get
            {
                lock (Gate)
                {
                    return Services.Count;
                }
            }
        }

        /// <summary>The client for these options, made by the first call that needs it. Not yours to dispose of.</summary>
        /// <exception cref="HimdsException">
        /// An option is wrong: kind <c>configuration</c> or <c>invalid_argument</c>.
        /// </exception>
        public static Client Get(ClientOptions options)
        {
            return Resolve(options).Client;
        }

        /// <summary>Which service these options lead to, and why; a failure as a value. Requests nothing.</summary>
        public static Outcome<SourceInfo> Describe(ClientOptions options)
        {
            return new Outcome<SourceInfo>(() => Resolve(options).Source);
        }

        /// <summary>Begins to get a token by the client with these options. A wrong option is a failure of the call.</summary>
        public static PendingCall<AccessToken> StartGetToken(ClientOptions options, string resource, RequestOptions limits)
        {
            return Start(() => Resolve(options), client => client.StartGetToken(resource, limits));
        }

        /// <summary>
        /// Begins to get the metadata by the client with these options. A wrong option is a failure of the call.
        /// </summary>
        public static PendingCall<Metadata> StartGetMetadata(ClientOptions options, RequestOptions limits)
        {
            return Start(() => Resolve(options), client => client.StartGetMetadata(limits));
        }

        /// <summary>
        /// Begins a diagnosis with these options, by a client of its own: it reports the environment of this moment, and asks
        /// the service for a token instead of the cache. A wrong option is a failure of the call.
        /// </summary>
        public static PendingCall<string> StartDiagnose(ClientOptions options, string resource, RequestOptions limits)
        {
            return Start(() => new Entry(new Client(options)), client => client.StartDiagnose(resource, limits));
        }

        /// <summary>Forgets the cached tokens of every client.</summary>
        public static void ClearCaches()
        {
            ClearKeysThatBegin("");
        }

        /// <summary>
        /// Forgets the cached tokens of the service and identity that these options lead to, also those that clients with other
        /// limits got. Gives the service; a wrong option is a failure as a value.
        /// </summary>
        public static Outcome<SourceInfo> ClearCaches(ClientOptions options)
        {
            return new Outcome<SourceInfo>(() =>
            {
                SourceInfo source = Resolve(options).Source;
                ClearKeysThatBegin(ServiceKey(options, source));
                return source;
            });
        }

        private static void ClearKeysThatBegin(string beginning)
        {
            List<Client> clients = new List<Client>();
            lock (Gate)
            {
                foreach (KeyValuePair<string, Client> known in Services)
                {
                    if (known.Key.StartsWith(beginning, StringComparison.Ordinal))
                    {
                        clients.Add(known.Value);
                    }
                }
            }
            foreach (Client client in clients)
            {
                client.ClearCache();
            }
        }

        private static Entry Resolve(ClientOptions options)
        {
            string key = options.Key();
            lock (Gate)
            {
                Entry entry;
                if (!Known.TryGetValue(key, out entry))
                {
                    entry = new Entry(new Client(options));
                    StringBuilder full = new StringBuilder(ServiceKey(options, entry.Source));
                    options.AppendLimits(full);
                    string service = full.ToString();
                    Client shared;
                    if (Services.TryGetValue(service, out shared))
                    {
                        entry.Client.Dispose();
                        entry.Client = shared;
                    }
                    else
                    {
                        Services.Add(service, entry.Client);
                    }
                    Known.Add(key, entry);
                }
                return entry;
            }
        }

        /// <summary>
        /// The same text for all options that lead to the same service and identity. The keys of <see cref="Services"/> begin
        /// with it; since each value has its length in front, no other key does.
        /// </summary>
        private static string ServiceKey(ClientOptions options, SourceInfo source)
        {
            StringBuilder key = new StringBuilder();
            options.AppendIdentity(key);
            ClientOptions.Append(key, source.Source);
            ClientOptions.Append(key, source.Endpoint);
            // Without a source every call fails, and the reason is what its error says.
            ClientOptions.Append(key, source.Source == null ? source.Reason : null);
            return key.ToString();
        }

        private static PendingCall<T> Start<T>(Func<Entry> resolve, Func<Client, PendingCall<T>> start)
        {
            Outcome<Entry> entry = new Outcome<Entry>(resolve);
            if (entry.Error != null)
            {
                return new PendingCall<T>(entry.Error);
            }
            PendingCall<T> call = start(entry.Value.Client);
            call.Source = entry.Value.Source;
            return call;
        }

        /// <summary>What one set of options led to: the shared client, and the reason that holds for these options.</summary>
        private sealed class Entry
        {
            internal Entry(Client client)
            {
                Client = client;
                Source = new SourceInfo(client);
            }

            internal Client Client { get; set; }

            internal SourceInfo Source { get; private set; }
        }
    }
}
