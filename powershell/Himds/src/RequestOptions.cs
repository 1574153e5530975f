using System.Threading;

namespace Himds.Abi1
{
    /// <summary>Options for one call. Not to be changed while the call runs.</summary>
    public sealed class RequestOptions
    {
        /// <summary>Skips this client's cache, and asks the service to skip its own if it can.</summary>
        public bool ForceRefresh { get; set; }

        /// <summary>
        /// The claims of a challenge: the token is requested again. Neither service takes the claims themselves.
        /// </summary>
        public string Claims { get; set; }

        /// <summary>The time that this call may take, in seconds; null takes the client's.</summary>
        public double? TimeoutSeconds { get; set; }

        /// <summary>Ends the call with the kind <c>cancelled</c>, within a tenth of a second.</summary>
        public CancellationToken Cancellation { get; set; }

        /// <summary>A copy that ends when <paramref name="cancellation"/> says so.</summary>
        internal RequestOptions With(CancellationToken cancellation)
        {
            RequestOptions copy = (RequestOptions)MemberwiseClone();
            copy.Cancellation = cancellation;
            return copy;
        }
    }
}
