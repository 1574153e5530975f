using System;
using System.Threading;

namespace Himds.Abi1
{
    /// <summary>A native request object with its cancel handle, for the time of one call.</summary>
    internal sealed class NativeRequest : IDisposable
    {
        private readonly RequestHandle handle;
        private readonly CancelHandle cancel;
        private readonly CancellationTokenRegistration registration;

        internal NativeRequest(RequestOptions options)
        {
            ErrorHandle error;
            HimdsException.ThrowIfFailed(NativeMethods.himds_request_new(out handle, out error), error);
            try
            {
                if (options == null)
                {
                    return;
                }
                SetWishes(options);
                if (options.Cancellation.CanBeCanceled)
                {
                    HimdsException.ThrowIfFailed(NativeMethods.himds_cancel_new(out cancel, out error), error);
                    HimdsException.ThrowIfFailed(NativeMethods.himds_request_set_cancel(handle, cancel, out error), error);
                    registration = options.Cancellation.Register(Cancel);
                }
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        internal RequestHandle Handle
        {
            get { return handle; }
        }

        public void Dispose()
        {
            // Waits for a Cancel that is running, so that the handle is not freed below it.
            registration.Dispose();
            handle.Dispose();
            if (cancel != null)
            {
                cancel.Dispose();
            }
        }

        private void SetWishes(RequestOptions options)
        {
            ErrorHandle error;
            if (options.ForceRefresh)
            {
                HimdsException.ThrowIfFailed(
                    NativeMethods.himds_request_set_force_refresh(handle, 1, out error), error);
            }
            if (options.Claims != null)
            {
                byte[] claims = Utf8.ToNative(options.Claims, "the claims challenge");
                HimdsException.ThrowIfFailed(NativeMethods.himds_request_set_claims(handle, claims, out error), error);
            }
            if (options.TimeoutSeconds.HasValue)
            {
                ulong deadline = Milliseconds.FromSeconds(options.TimeoutSeconds.Value, "the time-out");
                HimdsException.ThrowIfFailed(
                    NativeMethods.himds_request_set_deadline_ms(handle, deadline, out error), error);
            }
        }

        private void Cancel()
        {
            ErrorHandle error;
            HimdsException.ThrowIfFailed(NativeMethods.himds_cancel_cancel(cancel, out error), error);
        }
    }
}
