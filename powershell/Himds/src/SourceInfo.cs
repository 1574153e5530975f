namespace Himds.Abi1
{
    /// <summary>Which service a client's calls go to, and why. <c>Get-HimdsSource</c> gives it.</summary>
    public sealed class SourceInfo
    {
        internal SourceInfo(Client client)
        {
            string source = client.Source;
            Source = source == "himds" ? "Himds" : source == "imds" ? "Imds" : source;
            Endpoint = client.Endpoint;
            Reason = client.SourceReason;
        }

        /// <summary><c>Himds</c> or <c>Imds</c>; null on another kind of host.</summary>
        public string Source { get; private set; }

        /// <summary>The base URL of the service; "" if there is no source.</summary>
        public string Endpoint { get; private set; }

        /// <summary>Why that source was chosen.</summary>
        public string Reason { get; private set; }

        /// <summary>Source and endpoint.</summary>
        public override string ToString()
        {
            return Source == null ? "no source" : Source + " at " + Endpoint;
        }
    }
}
