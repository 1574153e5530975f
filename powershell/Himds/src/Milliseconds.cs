using System;
using System.Globalization;

namespace Himds.Abi1
{
    /// <summary>The native library counts in milliseconds, points in time from 1970 on.</summary>
    internal static class Milliseconds
    {
        private static readonly DateTimeOffset Epoch = new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);

        internal static DateTimeOffset ToTime(ulong milliseconds)
        {
            // A token may be valid to the end of the year 9999, where the clock of .NET ends as well.
            ulong most = (ulong)(DateTimeOffset.MaxValue - Epoch).TotalMilliseconds;
            return milliseconds >= most ? DateTimeOffset.MaxValue : Epoch.AddTicks((long)milliseconds * TimeSpan.TicksPerMillisecond);
        }

        /// <summary>Rounded up, so that a limit that is there never becomes 0.</summary>
        internal static ulong FromSeconds(double seconds, string what)
        {
            if (double.IsNaN(seconds) || seconds <= 0)
            {
                throw HimdsException.InvalidArgument(
                    string.Format(CultureInfo.InvariantCulture, "{0} must be a number of seconds over 0, not {1}", what, seconds),
                    "Give a number of seconds, for example 30 or 0.5.");
            }
            double milliseconds = Math.Ceiling(seconds * 1000);
            return milliseconds >= long.MaxValue ? (ulong)long.MaxValue : (ulong)milliseconds;
        }
    }
}
