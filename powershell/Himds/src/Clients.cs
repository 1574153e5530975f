using System;
using System.Collections.Generic;

namespace Himds.Abi1
{
    /// <summary>
    /// The clients of this process: one for each distinct source, endpoint, directory, identity and environment, so that
    /// runspaces, which have nothing but the assembly in common, share one cache.
    /// </summary>
    public static class Clients
    {
        private static readonly object Gate = new object();
        private static readonly Dictionary<string, Client> Known = new Dictionary<string, Client>(StringComparer.Ordinal);

        /// <summary>How many there are.</summary>
        public static int Count
        {
            get
            {
                lock (Gate)
                {
                    return Known.Count;
                }
            }
        }

        /// <summary>The client with these options, made now if it is the first call for them. Not yours to dispose of.</summary>
        public static Client Get(ClientOptions options)
        {
            string key = options.Key();
            lock (Gate)
            {
                Client client;
                if (!Known.TryGetValue(key, out client))
                {
                    client = new Client(options);
                    Known.Add(key, client);
                }
                return client;
            }
        }

        /// <summary><see cref="Get"/>, with a failure as a value.</summary>
        public static Outcome<Client> Find(ClientOptions options)
        {
            return new Outcome<Client>(() => Get(options));
        }

        /// <summary>Begins to get a token by the client with these options. What is wrong with them is the call's failure.</summary>
        public static PendingCall<AccessToken> StartGetToken(ClientOptions options, string resource, RequestOptions limits)
        {
            return Start(options, client => client.StartGetToken(resource, limits));
        }

        /// <summary>Begins to get the metadata by the client with these options.</summary>
        public static PendingCall<Metadata> StartGetMetadata(ClientOptions options, RequestOptions limits)
        {
            return Start(options, client => client.StartGetMetadata(limits));
        }

        /// <summary>Begins a diagnosis by the client with these options.</summary>
        public static PendingCall<string> StartDiagnose(ClientOptions options, string resource, RequestOptions limits)
        {
            return Start(options, client => client.StartDiagnose(resource, limits));
        }

        /// <summary>Forgets the cached tokens of every client.</summary>
        public static void ClearCaches()
        {
            List<Client> clients;
            lock (Gate)
            {
                clients = new List<Client>(Known.Values);
            }
            foreach (Client client in clients)
            {
                client.ClearCache();
            }
        }

        private static PendingCall<T> Start<T>(ClientOptions options, Func<Client, PendingCall<T>> start)
        {
            Outcome<Client> client = Find(options);
            if (client.Error != null)
            {
                return new PendingCall<T>(client.Error);
            }
            PendingCall<T> call = start(client.Value);
            call.Client = client.Value;
            return call;
        }
    }
}
