using System;
using System.Collections.Generic;
using System.Globalization;

namespace Himds.Abi1
{
    /// <summary>
    /// The instance metadata document, as the server sent it. The properties give null if a member is absent or
    /// empty: on Arc-enabled servers most of a virtual machine's members are.
    /// </summary>
    public sealed class Metadata : IDisposable
    {
        private const int NotFoundStatus = 4;
        private readonly MetadataHandle handle;

        internal Metadata(MetadataHandle handle)
        {
            this.handle = handle;
            Json = Utf8.Read(handle, NativeMethods.himds_metadata_json);
        }

        private delegate int PointerGetter(MetadataHandle metadata, byte[] pointer, out TextHandle text, out ErrorHandle error);

        /// <summary>The whole document as JSON, members that this library does not know included.</summary>
        public string Json { get; private set; }

        /// <summary><c>compute.subscriptionId</c></summary>
        public string SubscriptionId
        {
            get { return Compute("subscriptionId"); }
        }

        /// <summary><c>compute.resourceGroupName</c></summary>
        public string ResourceGroup
        {
            get { return Compute("resourceGroupName"); }
        }

        /// <summary><c>compute.location</c></summary>
        public string Location
        {
            get { return Compute("location"); }
        }

        /// <summary><c>compute.name</c></summary>
        public string Name
        {
            get { return Compute("name"); }
        }

        /// <summary><c>compute.resourceId</c></summary>
        public string ResourceId
        {
            get { return Compute("resourceId"); }
        }

        /// <summary><c>compute.vmId</c></summary>
        public string VmId
        {
            get { return Compute("vmId"); }
        }

        /// <summary><c>compute.osType</c></summary>
        public string OsType
        {
            get { return Compute("osType"); }
        }

        /// <summary><c>compute.azEnvironment</c>, for example <c>AzurePublicCloud</c>, in the server's letter case.</summary>
        public string AzureEnvironment
        {
            get { return Compute("azEnvironment"); }
        }

        /// <summary>
        /// The tags, from <c>compute.tagsList</c>. Older api-versions have only the joined text <c>compute.tags</c>
        /// (<c>a:1;b:2</c>). A value may hold <c>:</c> and <c>;</c>, so that is taken apart only if each part has exactly one
        /// <c>:</c>.
        /// </summary>
        public IDictionary<string, string> Tags
        {
            get
            {
                string list = Find("/compute/tagsList", NativeMethods.himds_metadata_get_json);
                return list == null ? JoinedTags(FindString("/compute/tags") ?? "") : ListedTags(list);
            }
        }

        /// <summary>
        /// What a JSON pointer (RFC 6901, for example <c>/compute/location</c>) leads to: a string's own text, any other
        /// value as JSON.
        /// </summary>
        /// <exception cref="HimdsException">
        /// It leads nowhere (<c>not_found</c>), is not a pointer (<c>invalid_argument</c>), or the document was
        /// disposed of (<c>closed</c>).
        /// </exception>
        public string Get(string pointer)
        {
            return Take(pointer, NativeMethods.himds_metadata_get);
        }

        /// <summary>The same, always as JSON: a string keeps its quotes.</summary>
        /// <exception cref="HimdsException">As for <see cref="Get"/>.</exception>
        public string GetJson(string pointer)
        {
            return Take(pointer, NativeMethods.himds_metadata_get_json);
        }

        /// <summary><see cref="GetJson"/>, with a failure as a value.</summary>
        public Outcome<string> FindJson(string pointer)
        {
            return new Outcome<string>(() => GetJson(pointer));
        }

        /// <summary>Frees the document.</summary>
        public void Dispose()
        {
            handle.Dispose();
        }

        /// <summary>The machine's name and resource id.</summary>
        public override string ToString()
        {
            return handle.IsClosed ? "Metadata (closed)" : "Metadata of " + (ResourceId ?? Name ?? "a machine without a name");
        }

        private Dictionary<string, string> ListedTags(string list)
        {
            Dictionary<string, string> tags = new Dictionary<string, string>();
            for (int i = 0; list[0] == '[' && Find(TagPointer(i, ""), NativeMethods.himds_metadata_get_json) != null; i++)
            {
                string name = FindString(TagPointer(i, "/name"));
                string value = FindString(TagPointer(i, "/value"));
                if (name != null && value != null)
                {
                    tags[name] = value;
                }
            }
            return tags;
        }

        private static Dictionary<string, string> JoinedTags(string joined)
        {
            Dictionary<string, string> tags = new Dictionary<string, string>();
            foreach (string part in joined.Split(';'))
            {
                string[] pair = part.Split(':');
                if (pair.Length != 2)
                {
                    return new Dictionary<string, string>();
                }
                tags[pair[0]] = pair[1];
            }
            return tags;
        }

        private static string TagPointer(int index, string member)
        {
            return "/compute/tagsList/" + index.ToString(CultureInfo.InvariantCulture) + member;
        }

        private string Compute(string member)
        {
            string text = FindString("/compute/" + member);
            return string.IsNullOrEmpty(text) ? null : text;
        }

        /// <summary>The string there; null if there is none or something else.</summary>
        private string FindString(string pointer)
        {
            string json = Find(pointer, NativeMethods.himds_metadata_get_json);
            return json != null && json.StartsWith("\"", StringComparison.Ordinal) ? Get(pointer) : null;
        }

        private string Find(string pointer, PointerGetter getter)
        {
            try
            {
                return Take(pointer, getter);
            }
            catch (HimdsException exception)
            {
                if (exception.Status == NotFoundStatus)
                {
                    return null;
                }
                throw;
            }
        }

        private string Take(string pointer, PointerGetter getter)
        {
            byte[] native = Utf8.ToNative(pointer ?? "", "the JSON pointer");
            try
            {
                TextHandle text;
                ErrorHandle error;
                HimdsException.ThrowIfFailed(getter(handle, native, out text, out error), error);
                return Text.Take(text);
            }
            catch (ObjectDisposedException)
            {
                throw HimdsException.Closed("metadata");
            }
        }
    }
}
