using System;
using System.Threading.Tasks;

namespace Himds.Abi1
{
    /// <summary>
    /// Gets tokens and metadata, and keeps the tokens until they end. Make one and keep it: it serves any number of
    /// threads. The calls block; those that begin with <c>Start</c> run on a thread of their own.
    /// </summary>
    public sealed class Client : IDisposable
    {
        private readonly ClientHandle handle;

        /// <summary>A client with the library's defaults and the environment as .NET sees it.</summary>
        /// <exception cref="DllNotFoundException">The native library is missing or cannot be loaded.</exception>
        /// <exception cref="BadImageFormatException">The native library is of another generation.</exception>
        public Client()
            : this(new ClientOptions())
        {
        }

        /// <summary>A client that works as <paramref name="options"/> say. Sends nothing yet.</summary>
        /// <exception cref="DllNotFoundException">The native library is missing or cannot be loaded.</exception>
        /// <exception cref="BadImageFormatException">The native library is of another generation.</exception>
        /// <exception cref="HimdsException">An option is wrong: <c>configuration</c> or <c>invalid_argument</c>.</exception>
        public Client(ClientOptions options)
        {
            // The first thing that a user of the classes makes, so that a missing library is named here and not by the host.
            Library.Verify();
            using (OptionsHandle native = (options ?? new ClientOptions()).ToNative())
            {
                ErrorHandle error;
                HimdsException.ThrowIfFailed(NativeMethods.himds_client_new(native, out handle, out error), error);
            }
        }

        /// <summary><c>himds</c> or <c>imds</c>; null on another kind of host.</summary>
        public string Source
        {
            get
            {
                string source = Call(() => Utf8.Read(handle, NativeMethods.himds_client_source));
                return source.Length == 0 ? null : source;
            }
        }

        /// <summary>Why that source was chosen.</summary>
        public string SourceReason
        {
            get { return Call(() => Utf8.Read(handle, NativeMethods.himds_client_source_reason)); }
        }

        /// <summary>The base URL of the service; "" if there is no source.</summary>
        public string Endpoint
        {
            get { return Call(() => Utf8.Read(handle, NativeMethods.himds_client_endpoint)); }
        }

        /// <summary>
        /// A token for this resource, from the cache or from the service. Blocks, for the client's time at most.
        /// </summary>
        /// <exception cref="HimdsException">As for <see cref="GetToken(string, RequestOptions)"/>.</exception>
        public AccessToken GetToken(string resource)
        {
            return GetToken(resource, null);
        }

        /// <summary>A token for this resource, within these limits. Blocks.</summary>
        /// <exception cref="HimdsException">
        /// There is no token: <see cref="HimdsException.Kind"/> says why, <see cref="HimdsException.Hint"/> what to do.
        /// </exception>
        public AccessToken GetToken(string resource, RequestOptions options)
        {
            byte[] native = Utf8.ToNative(resource, "the resource");
            return Call(() =>
            {
                using (NativeRequest request = new NativeRequest(options))
                {
                    TokenHandle token;
                    ErrorHandle error;
                    HimdsException.ThrowIfFailed(
                        NativeMethods.himds_client_get_token_with(handle, native, request.Handle, out token, out error), error);
                    return new AccessToken(token);
                }
            });
        }

        /// <summary>A cached token that is still valid, or null. Never waits.</summary>
        /// <exception cref="HimdsException">
        /// The resource is not usable (<c>invalid_argument</c>), or the client was disposed of.
        /// </exception>
        public AccessToken Peek(string resource)
        {
            return Peek(resource, NativeMethods.himds_client_peek_token);
        }

        /// <summary>
        /// A cached token, or null if there is none or if <see cref="GetToken(string)"/> would now request a newer one. Never
        /// waits.
        /// </summary>
        public AccessToken PeekFresh(string resource)
        {
            return Peek(resource, NativeMethods.himds_client_peek_fresh_token);
        }

        /// <summary>The machine's instance metadata, requested on every call. Blocks.</summary>
        /// <exception cref="HimdsException">As for <see cref="GetToken(string, RequestOptions)"/>.</exception>
        public Metadata GetMetadata()
        {
            return GetMetadata(null);
        }

        /// <summary>The machine's instance metadata, within these limits. Blocks.</summary>
        /// <exception cref="HimdsException">As for <see cref="GetToken(string, RequestOptions)"/>.</exception>
        public Metadata GetMetadata(RequestOptions options)
        {
            return Call(() =>
            {
                using (NativeRequest request = new NativeRequest(options))
                {
                    MetadataHandle metadata;
                    ErrorHandle error;
                    HimdsException.ThrowIfFailed(
                        NativeMethods.himds_client_get_metadata_with(handle, request.Handle, out metadata, out error), error);
                    return new Metadata(metadata);
                }
            });
        }

        /// <summary>
        /// What another path of the service answers, for example <c>/metadata/identity/info</c> with the api-version
        /// <c>2018-02-01</c>; null takes the usual one. Blocks.
        /// </summary>
        /// <exception cref="HimdsException">As for <see cref="GetToken(string, RequestOptions)"/>.</exception>
        public string Get(string path, string apiVersion, RequestOptions options)
        {
            byte[] nativePath = Utf8.ToNative(path, "the path");
            byte[] nativeVersion = Utf8.ToNative(apiVersion, "the api-version");
            return Call(() =>
            {
                using (NativeRequest request = new NativeRequest(options))
                {
                    TextHandle text;
                    ErrorHandle error;
                    HimdsException.ThrowIfFailed(
                        NativeMethods.himds_client_get(handle, nativePath, nativeVersion, request.Handle, out text, out error),
                        error);
                    return Text.Take(text);
                }
            });
        }

        /// <summary>
        /// Diagnoses this machine: what is wrong and how to fix it, as JSON with <c>ok</c>, <c>source</c>, <c>source_reason</c>
        /// and <c>findings</c>. <paramref name="resource"/> is what a token is tried for; null takes Azure Resource Manager.
        /// Blocks.
        /// </summary>
        /// <exception cref="HimdsException">
        /// The call was cancelled, its time was too short, or the client was disposed of.
        /// </exception>
        public string Diagnose(string resource, RequestOptions options)
        {
            byte[] native = Utf8.ToNative(resource, "the resource");
            return Call(() =>
            {
                using (NativeRequest request = new NativeRequest(options))
                {
                    TextHandle text;
                    ErrorHandle error;
                    HimdsException.ThrowIfFailed(
                        NativeMethods.himds_client_diagnose(handle, native, request.Handle, out text, out error), error);
                    return Text.Take(text);
                }
            });
        }

        /// <summary>Forgets the cached tokens.</summary>
        /// <exception cref="HimdsException">The client was disposed of: kind <c>closed</c>.</exception>
        public void ClearCache()
        {
            Call(() =>
            {
                ErrorHandle error;
                HimdsException.ThrowIfFailed(NativeMethods.himds_client_clear_cache(handle, out error), error);
                return true;
            });
        }

        /// <summary>
        /// Begins to get a token. A cached one is there at once and no thread is started; one that is due for renewal is
        /// fetched on another thread, because that may take a moment. Throws nothing: a failure is the call's.
        /// </summary>
        public PendingCall<AccessToken> StartGetToken(string resource, RequestOptions options)
        {
            Outcome<AccessToken> cached = new Outcome<AccessToken>(() => FromCache(resource, options ?? new RequestOptions()));
            if (cached.Error != null)
            {
                return new PendingCall<AccessToken>(cached.Error);
            }
            return cached.Value != null
                ? new PendingCall<AccessToken>(cached.Value)
                : new PendingCall<AccessToken>(limits => GetToken(resource, limits), options);
        }

        /// <summary>Begins to get the metadata.</summary>
        public PendingCall<Metadata> StartGetMetadata(RequestOptions options)
        {
            return new PendingCall<Metadata>(GetMetadata, options);
        }

        /// <summary>Begins a diagnosis.</summary>
        public PendingCall<string> StartDiagnose(string resource, RequestOptions options)
        {
            return new PendingCall<string>(limits => Diagnose(resource, limits), options);
        }

        /// <summary>A token for this resource, for code that awaits.</summary>
        /// <exception cref="HimdsException">As for <see cref="GetToken(string, RequestOptions)"/>, from the task.</exception>
        public Task<AccessToken> GetTokenAsync(string resource, RequestOptions options)
        {
            return StartGetToken(resource, options).Task;
        }

        /// <summary>The metadata, for code that awaits.</summary>
        /// <exception cref="HimdsException">As for <see cref="GetToken(string, RequestOptions)"/>, from the task.</exception>
        public Task<Metadata> GetMetadataAsync(RequestOptions options)
        {
            return StartGetMetadata(options).Task;
        }

        /// <summary>Frees the client and its cache; calls that are running end first.</summary>
        public void Dispose()
        {
            handle.Dispose();
        }

        /// <summary>The source and the endpoint.</summary>
        public override string ToString()
        {
            return handle.IsClosed ? "Client (closed)" : "Client of " + (Source ?? "no source") + " at " + Endpoint;
        }

        private AccessToken FromCache(string resource, RequestOptions options)
        {
            if (options.TimeoutSeconds.HasValue)
            {
                // So that an unusable limit fails in the same way whether or not the token is cached.
                Milliseconds.FromSeconds(options.TimeoutSeconds.Value, "the time-out");
            }
            return options.ForceRefresh || !string.IsNullOrEmpty(options.Claims) ? null : PeekFresh(resource);
        }

        private delegate int PeekFunction(ClientHandle client, byte[] resource, out TokenHandle token, out ErrorHandle error);

        private AccessToken Peek(string resource, PeekFunction look)
        {
            byte[] native = Utf8.ToNative(resource, "the resource");
            return Call(() =>
            {
                TokenHandle token;
                ErrorHandle error;
                HimdsException.ThrowIfFailed(look(handle, native, out token, out error), error);
                return token.IsInvalid ? null : new AccessToken(token);
            });
        }

        private static T Call<T>(Func<T> call)
        {
            try
            {
                return call();
            }
            catch (ObjectDisposedException)
            {
                throw HimdsException.Closed("client");
            }
        }
    }
}
