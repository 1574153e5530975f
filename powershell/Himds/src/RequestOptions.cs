using System.Threading;

namespace Himds.Abi1
{
    /// <summary>The limits and wishes of one call.</summary>
    public sealed class RequestOptions
    {
        /// <summary>Skips this client's cache, and asks the service to skip its own where it can.</summary>
        public bool ForceRefresh { get; set; }

        /// <summary>The claims of a challenge: the token is asked for anew. Neither service takes the claims themselves.</summary>
        public string Claims { get; set; }

        /// <summary>The time that this call may take, instead of the client's.</summary>
        public double? TimeoutSeconds { get; set; }

        /// <summary>Ends the call from outside, within a tenth of a second.</summary>
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
