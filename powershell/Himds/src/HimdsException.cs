using System;
using System.Globalization;

namespace Himds.Abi1
{
    /// <summary>
    /// A call that failed: its kind, what happened, what the server said, and a hint what to do about it. No member ever
    /// shows a token or a key.
    /// </summary>
    public sealed class HimdsException : Exception
    {
        private const int InvalidArgumentStatus = 1;
        private const int ClosedStatus = 5;
        private const int ResponseInvalidStatus = 204;

        private HimdsException(string message, int status, string kind, string hint)
            : base(message)
        {
            Status = status;
            Kind = kind;
            Hint = hint;
        }

        /// <summary>The kind's name, for example <c>key_file_unreadable</c>.</summary>
        public string Kind { get; private set; }

        /// <summary>The kind's number, the same in every language; 112 for <c>key_file_unreadable</c>.</summary>
        public int Status { get; private set; }

        /// <summary>What to do about it; null if that is not known.</summary>
        public string Hint { get; private set; }

        /// <summary>The HTTP status of the last answer, or null.</summary>
        public int? HttpStatus { get; private set; }

        /// <summary>The server's <c>error</c> member, or null.</summary>
        public string ServerError { get; private set; }

        /// <summary>The server's <c>error_description</c> member, or null.</summary>
        public string ServerErrorDescription { get; private set; }

        /// <summary>The server's correlation id, to quote in a support request; or null.</summary>
        public string CorrelationId { get; private set; }

        /// <summary>The body of the last answer, its secrets redacted; or null.</summary>
        public string Body { get; private set; }

        /// <summary>The file that the error is about (the key file or its directory), or null.</summary>
        public string File { get; private set; }

        /// <summary>The operating system's error number, if that was the cause; or null.</summary>
        public int? OsError { get; private set; }

        /// <summary>The number of attempts; a handshake of two requests is one attempt.</summary>
        public int Attempts { get; private set; }

        /// <summary>The time that the call took.</summary>
        public TimeSpan Elapsed { get; private set; }

        /// <summary>The time to wait before the next attempt, if the server named one; or null.</summary>
        public TimeSpan? RetryAfter { get; private set; }

        /// <summary>An argument that cannot be used, found before the native library is called.</summary>
        internal static HimdsException InvalidArgument(string message, string hint)
        {
            return new HimdsException(message, InvalidArgumentStatus, "invalid_argument", hint);
        }

        /// <summary>An argument that the module's functions refuse. For them.</summary>
        public static HimdsException Refused(string message, string hint)
        {
            return InvalidArgument(message, hint);
        }

        /// <summary>A valid answer that this host cannot make objects of. For the module's functions.</summary>
        public static HimdsException Unusable(string why)
        {
            return new HimdsException(
                "the answer cannot be shown as an object: " + why, ResponseInvalidStatus, "response_invalid",
                "Get the JSON itself, as Get-HimdsMetadata -Raw does.");
        }

        /// <summary>An object that was used after <c>Dispose</c>.</summary>
        internal static HimdsException Closed(string what)
        {
            return new HimdsException(
                "the " + what + " was closed before this call", ClosedStatus, "closed", "Make a new one, or dispose of it later.");
        }

        /// <summary>Throws what the native call says, unless it succeeded; frees the error in any case.</summary>
        internal static void ThrowIfFailed(int status, ErrorHandle error)
        {
            using (error)
            {
                if (status != 0)
                {
                    throw From(status, error);
                }
            }
        }

        private static HimdsException From(int status, ErrorHandle error)
        {
            string kind = Text(error, NativeMethods.himds_error_kind)
                ?? Utf8.FromStatic(NativeMethods.himds_status_name(status));
            string message = Text(error, NativeMethods.himds_error_message) ?? kind;
            HimdsException exception =
                new HimdsException(message, status, kind, Text(error, NativeMethods.himds_error_hint));

            exception.ServerError = Text(error, NativeMethods.himds_error_server_error);
            exception.ServerErrorDescription = Text(error, NativeMethods.himds_error_server_error_description);
            exception.CorrelationId = Text(error, NativeMethods.himds_error_correlation_id);
            exception.Body = Text(error, NativeMethods.himds_error_body);
            exception.File = Text(error, NativeMethods.himds_error_file);
            exception.HttpStatus = NotZero(NativeMethods.himds_error_http_status(error));
            exception.OsError = NotZero(NativeMethods.himds_error_os_error(error));
            exception.Attempts = (int)NativeMethods.himds_error_attempts(error);
            exception.Elapsed = TimeSpan.FromMilliseconds(NativeMethods.himds_error_elapsed_ms(error));
            long retryAfter = NativeMethods.himds_error_retry_after_ms(error);
            if (retryAfter >= 0)
            {
                exception.RetryAfter = TimeSpan.FromMilliseconds(retryAfter);
            }
            return exception;
        }

        private static string Text(ErrorHandle error, Utf8.Getter<ErrorHandle> getter)
        {
            string text = Utf8.Read(error, getter);
            return text.Length == 0 ? null : text;
        }

        private static int? NotZero(int number)
        {
            return number == 0 ? (int?)null : number;
        }

        /// <summary>Kind, number, message and hint on one line each; the stack trace below.</summary>
        public override string ToString()
        {
            string text = string.Format(CultureInfo.InvariantCulture, "{0} ({1}): {2}", Kind, Status, Message);
            if (Hint != null)
            {
                text += Environment.NewLine + Hint;
            }
            return StackTrace == null ? text : text + Environment.NewLine + StackTrace;
        }
    }
}
