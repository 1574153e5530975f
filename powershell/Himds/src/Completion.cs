using System;
using System.Collections.Generic;

namespace Himds.Abi1
{
    /// <summary>
    /// What the Tab key offers for the module's parameters. Fixed lists, because a key press must not wait for a service. Any
    /// other value can be typed.
    /// </summary>
    public static class Completion
    {
        private static readonly string[] KnownResources =
        {
            "https://management.azure.com", "https://vault.azure.net", "https://storage.azure.com", "https://database.windows.net",
            "https://graph.microsoft.com", "https://monitor.azure.com", "https://servicebus.azure.net", "https://eventhubs.azure.net",
            "https://cognitiveservices.azure.com", "https://azconfig.io", "https://ossrdbms-aad.database.windows.net"
        };

        private static readonly string[] KnownPointers =
        {
            "/compute", "/compute/azEnvironment", "/compute/location", "/compute/name", "/compute/osProfile/computerName",
            "/compute/osType", "/compute/resourceGroupName", "/compute/resourceId", "/compute/subscriptionId", "/compute/tags",
            "/compute/tagsList", "/compute/tagsList/0/name", "/compute/tagsList/0/value", "/compute/vmId", "/network"
        };

        /// <summary>The resources that scripts use most and that contain what was typed.</summary>
        public static string[] Resources(string typed)
        {
            return Containing(KnownResources, typed);
        }

        /// <summary>JSON pointers into the metadata that contain what was typed.</summary>
        public static string[] Pointers(string typed)
        {
            return Containing(KnownPointers, typed);
        }

        private static string[] Containing(string[] known, string typed)
        {
            // Anywhere in it, so that `vault` is enough; a quoted word keeps its quotes until it is complete.
            string part = (typed ?? "").Trim('\'', '"');
            List<string> found = new List<string>();
            foreach (string one in known)
            {
                if (one.IndexOf(part, StringComparison.OrdinalIgnoreCase) >= 0)
                {
                    found.Add(one);
                }
            }
            return found.ToArray();
        }
    }
}
