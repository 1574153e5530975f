using System;
using System.Runtime.InteropServices;

namespace Himds.Abi1
{
    // Every native object is held by a SafeHandle: it is freed exactly once, never during a call that uses it, and by the
    // finalizer where the caller forgot. The constructors are for the marshaller.

    internal abstract class NativeHandle : SafeHandle
    {
        protected NativeHandle()
            : base(IntPtr.Zero, true)
        {
        }

        public override bool IsInvalid
        {
            get { return handle == IntPtr.Zero; }
        }
    }

    internal sealed class OptionsHandle : NativeHandle
    {
        internal OptionsHandle()
        {
        }

        protected override bool ReleaseHandle()
        {
            NativeMethods.himds_options_free(handle);
            return true;
        }
    }

    internal sealed class ClientHandle : NativeHandle
    {
        internal ClientHandle()
        {
        }

        protected override bool ReleaseHandle()
        {
            NativeMethods.himds_client_free(handle);
            return true;
        }
    }

    internal sealed class RequestHandle : NativeHandle
    {
        internal RequestHandle()
        {
        }

        protected override bool ReleaseHandle()
        {
            NativeMethods.himds_request_free(handle);
            return true;
        }
    }

    internal sealed class CancelHandle : NativeHandle
    {
        internal CancelHandle()
        {
        }

        protected override bool ReleaseHandle()
        {
            NativeMethods.himds_cancel_free(handle);
            return true;
        }
    }

    internal sealed class TokenHandle : NativeHandle
    {
        internal TokenHandle()
        {
        }

        protected override bool ReleaseHandle()
        {
            NativeMethods.himds_token_free(handle);
            return true;
        }
    }

    internal sealed class MetadataHandle : NativeHandle
    {
        internal MetadataHandle()
        {
        }

        protected override bool ReleaseHandle()
        {
            NativeMethods.himds_metadata_free(handle);
            return true;
        }
    }

    internal sealed class TextHandle : NativeHandle
    {
        internal TextHandle()
        {
        }

        protected override bool ReleaseHandle()
        {
            NativeMethods.himds_text_free(handle);
            return true;
        }
    }

    internal sealed class ErrorHandle : NativeHandle
    {
        internal ErrorHandle()
        {
        }

        protected override bool ReleaseHandle()
        {
            NativeMethods.himds_error_free(handle);
            return true;
        }
    }
}
