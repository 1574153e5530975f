using System;
using System.Security;

namespace Himds.Abi1
{
    /// <summary>Reads the claims of a token that came from anywhere.</summary>
    public static class Claims
    {
        private const string What = "the token";

        /// <summary>The claims of a token in clear text, as JSON. Their signature is not verified.</summary>
        /// <exception cref="HimdsException">
        /// There is no token (<c>invalid_argument</c>), or it is not a JWT (<c>response_invalid</c>).
        /// </exception>
        public static string Decode(string token)
        {
            return Decode(Utf8.ToNative(token, What));
        }

        /// <summary>The claims of a token in a secure string, as JSON. Their signature is not verified.</summary>
        /// <exception cref="HimdsException">
        /// There is no token (<c>invalid_argument</c>), or it is not a JWT (<c>response_invalid</c>).
        /// </exception>
        public static string Decode(SecureString token)
        {
            return Decode(token == null ? null : Utf8.ToNative(token, What));
        }

        /// <summary>
        /// The claims of an <see cref="AccessToken"/>, a string or a secure string, as JSON; a failure as a value. Nothing
        /// other than these is a token.
        /// </summary>
        public static Outcome<string> Read(object token)
        {
            AccessToken own = token as AccessToken;
            return new Outcome<string>(() => own != null
                ? own.GetClaims()
                : token is string ? Decode((string)token) : Decode(token as SecureString));
        }

        private static string Decode(byte[] token)
        {
            // Nothing but the final NUL is not a token either: such as what is left of one that came back from a job.
            if (token == null || token.Length <= 1)
            {
                throw HimdsException.InvalidArgument("the token is empty", "Pass the token that Get-HimdsToken returned.");
            }
            try
            {
                TextHandle text;
                ErrorHandle error;
                HimdsException.ThrowIfFailed(NativeMethods.himds_claims_decode(token, out text, out error), error);
                return Text.Take(text);
            }
            finally
            {
                Array.Clear(token, 0, token.Length);
            }
        }
    }
}
