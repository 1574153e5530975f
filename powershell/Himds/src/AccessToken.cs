using System;
using System.Security;

namespace Himds.Abi1
{
    /// <summary>
    /// A token and what is known of it, in the shape that <c>Get-AzAccessToken</c> has. Neither <see cref="ToString"/> nor
    /// the screen shows the secret: <see cref="Token"/> and <see cref="GetSecret"/> do. If the module Himds was
    /// imported in the same runspace, <c>Export-Clixml</c> and jobs leave it out; elsewhere PowerShell writes the secure
    /// string, which outside Windows is not encrypted.
    /// </summary>
    public sealed class AccessToken : IDisposable
    {
        private readonly TokenHandle handle;
        private readonly object gate = new object();
        private SecureString secure;

        internal AccessToken(TokenHandle handle)
        {
            this.handle = handle;
            Resource = Utf8.Read(handle, NativeMethods.himds_token_resource);
            Type = Utf8.Read(handle, NativeMethods.himds_token_type);
            ExpiresOn = Milliseconds.ToTime(NativeMethods.himds_token_expires_on_ms(handle));
            ulong refreshOn = NativeMethods.himds_token_refresh_on_ms(handle);
            RefreshOn = refreshOn == 0 ? (DateTimeOffset?)null : Milliseconds.ToTime(refreshOn);
        }

        /// <summary>
        /// The token itself. A <see cref="SecureString"/> holds 65536 characters at most; <see cref="GetSecret"/> has no
        /// such bound. On other systems than Windows it is not encrypted.
        /// </summary>
        /// <exception cref="HimdsException">The token was disposed of: kind <c>closed</c>.</exception>
        public SecureString Token
        {
            get
            {
                lock (gate)
                {
                    if (secure == null)
                    {
                        try
                        {
                            secure = Utf8.ReadSecure(handle, NativeMethods.himds_token_secret);
                        }
                        catch (ObjectDisposedException)
                        {
                            throw HimdsException.Closed("token");
                        }
                    }
                    return secure;
                }
            }
        }

        /// <summary>When the token expires.</summary>
        public DateTimeOffset ExpiresOn { get; private set; }

        /// <summary>When the client starts to refresh the token early; null if it waits for the expiry.</summary>
        public DateTimeOffset? RefreshOn { get; private set; }

        /// <summary>The resource that the token is for.</summary>
        public string Resource { get; private set; }

        /// <summary>How it is presented: <c>Bearer</c>.</summary>
        public string Type { get; private set; }

        /// <summary>
        /// How many tries it took to get the token from the service; 0 if that is not known. A method, because it says
        /// something of the call and not of the token.
        /// </summary>
        /// <exception cref="HimdsException">The token was disposed of: kind <c>closed</c>.</exception>
        public int GetAttempts()
        {
            try
            {
                return (int)NativeMethods.himds_token_attempts(handle);
            }
            catch (ObjectDisposedException)
            {
                throw HimdsException.Closed("token");
            }
        }

        /// <summary>
        /// The token in clear text. A method, so that nothing that lists an object's properties finds it. A .NET string
        /// cannot be wiped: keep it no longer than needed.
        /// </summary>
        /// <exception cref="HimdsException">The token was disposed of: kind <c>closed</c>.</exception>
        public string GetSecret()
        {
            try
            {
                return Utf8.Read(handle, NativeMethods.himds_token_secret);
            }
            catch (ObjectDisposedException)
            {
                throw HimdsException.Closed("token");
            }
        }

        /// <summary>The value of an <c>Authorization</c> header with this token.</summary>
        /// <exception cref="HimdsException">The token was disposed of: kind <c>closed</c>.</exception>
        public string GetAuthorizationHeader()
        {
            return Type + " " + GetSecret();
        }

        /// <summary>
        /// The token's claims as JSON. Their signature is not verified: for people to read, not to decide by.
        /// </summary>
        /// <exception cref="HimdsException">
        /// The token is not a JWT (<c>response_invalid</c>) or was disposed of (<c>closed</c>).
        /// </exception>
        public string GetClaims()
        {
            try
            {
                TextHandle text;
                ErrorHandle error;
                HimdsException.ThrowIfFailed(NativeMethods.himds_token_claims(handle, out text, out error), error);
                return Text.Take(text);
            }
            catch (ObjectDisposedException)
            {
                throw HimdsException.Closed("token");
            }
        }

        /// <summary>Wipes this object's copies of the token.</summary>
        public void Dispose()
        {
            lock (gate)
            {
                handle.Dispose();
                if (secure != null)
                {
                    secure.Dispose();
                }
            }
        }

        /// <summary>The resource and the expiry, never the secret.</summary>
        public override string ToString()
        {
            return "AccessToken for " + Resource + ", expires " + ExpiresOn.ToString("u");
        }
    }
}
