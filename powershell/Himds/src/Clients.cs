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
    }
}
