using System;
using System.Runtime.InteropServices;

namespace Himds.Abi1
{
    /// <summary>
    /// The whole C interface of <c>himds.h</c>, one method a function and under its name. Strings go in as NUL-terminated
    /// UTF-8 (<see cref="Utf8.ToNative"/>), come out as a pointer and a length that are borrowed from the object asked;
    /// the functions that free take the raw pointer, because only the handles call them.
    /// </summary>
    internal static class NativeMethods
    {
        private const CallingConvention C = CallingConvention.Cdecl;

        // Library
        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_version();

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern uint himds_abi_version();

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_status_name(int status);

        // Options
        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_new(out OptionsHandle options, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern void himds_options_free(IntPtr options);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_source(OptionsHandle options, byte[] value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_endpoint(OptionsHandle options, byte[] value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_token_dir(OptionsHandle options, byte[] value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_client_id(OptionsHandle options, byte[] value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_object_id(OptionsHandle options, byte[] value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_resource_id(
            OptionsHandle options, byte[] value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_user_agent(OptionsHandle options, byte[] value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_timeout_ms(OptionsHandle options, ulong value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_connect_timeout_ms(
            OptionsHandle options, ulong value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_max_attempts(OptionsHandle options, uint value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_verify_peer(OptionsHandle options, int value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_wait_for_service_ms(
            OptionsHandle options, ulong value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_options_set_environment(
            OptionsHandle options, byte[] name, byte[] value, out ErrorHandle error);

        // Client
        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_client_new(OptionsHandle options, out ClientHandle client, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern void himds_client_free(IntPtr client);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_client_get_token(
            ClientHandle client, byte[] resource, out TokenHandle token, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_client_get_token_with(
            ClientHandle client, byte[] resource, RequestHandle request, out TokenHandle token, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_client_copy_token(
            ClientHandle client, byte[] resource, [Out] byte[] buffer, UIntPtr size, out UIntPtr length,
            out ulong expires_on_ms, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_client_peek_token(
            ClientHandle client, byte[] resource, out TokenHandle token, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_client_peek_fresh_token(
            ClientHandle client, byte[] resource, out TokenHandle token, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_client_get_metadata(
            ClientHandle client, out MetadataHandle metadata, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_client_get_metadata_with(
            ClientHandle client, RequestHandle request, out MetadataHandle metadata, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_client_get(
            ClientHandle client, byte[] path, byte[] api_version, RequestHandle request, out TextHandle text, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_client_diagnose(
            ClientHandle client, byte[] resource, RequestHandle request, out TextHandle text, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_client_clear_cache(ClientHandle client, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_client_source(ClientHandle client, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_client_source_reason(ClientHandle client, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_client_endpoint(ClientHandle client, out UIntPtr length);

        // Request
        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_request_new(out RequestHandle request, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern void himds_request_free(IntPtr request);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_request_set_force_refresh(RequestHandle request, int value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_request_set_claims(RequestHandle request, byte[] value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_request_set_deadline_ms(RequestHandle request, ulong value, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_request_set_cancel(
            RequestHandle request, CancelHandle cancel, out ErrorHandle error);

        // Cancel
        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_cancel_new(out CancelHandle cancel, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern void himds_cancel_free(IntPtr cancel);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_cancel_cancel(CancelHandle cancel, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_cancel_is_cancelled(CancelHandle cancel);

        // Token
        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern void himds_token_free(IntPtr token);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_token_secret(TokenHandle token, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_token_resource(TokenHandle token, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_token_type(TokenHandle token, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern ulong himds_token_expires_on_ms(TokenHandle token);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern ulong himds_token_refresh_on_ms(TokenHandle token);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern uint himds_token_attempts(TokenHandle token);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_token_claims(TokenHandle token, out TextHandle text, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_claims_decode(byte[] token, out TextHandle text, out ErrorHandle error);

        // Metadata
        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern void himds_metadata_free(IntPtr metadata);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_metadata_json(MetadataHandle metadata, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_metadata_get(
            MetadataHandle metadata, byte[] pointer, out TextHandle text, out ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_metadata_get_json(
            MetadataHandle metadata, byte[] pointer, out TextHandle text, out ErrorHandle error);

        // Text
        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern void himds_text_free(IntPtr text);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_text_data(TextHandle text, out UIntPtr length);

        // Error
        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern void himds_error_free(IntPtr error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_error_status(ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_error_kind(ErrorHandle error, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_error_message(ErrorHandle error, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_error_hint(ErrorHandle error, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_error_server_error(ErrorHandle error, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_error_server_error_description(ErrorHandle error, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_error_correlation_id(ErrorHandle error, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_error_body(ErrorHandle error, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern IntPtr himds_error_file(ErrorHandle error, out UIntPtr length);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_error_http_status(ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern uint himds_error_attempts(ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern ulong himds_error_elapsed_ms(ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern long himds_error_retry_after_ms(ErrorHandle error);

        [DllImport(Library.Path, CallingConvention = C, ExactSpelling = true)]
        internal static extern int himds_error_os_error(ErrorHandle error);
    }
}
