using System;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;

namespace Himds.Abi1
{
    /// <summary>Text between .NET and the native library, which speaks UTF-8.</summary>
    internal static class Utf8
    {
        // Throws on an unpaired surrogate instead of sending a replacement character that nobody wrote.
        private static readonly UTF8Encoding Strict = new UTF8Encoding(false, true);

        /// <summary>How the native library hands out a text: a pointer, and the length in bytes.</summary>
        internal delegate IntPtr Getter<T>(T handle, out UIntPtr length)
            where T : SafeHandle;

        /// <summary>The text as NUL-terminated UTF-8, or null for null.</summary>
        internal static byte[] ToNative(string text, string what)
        {
            if (text == null)
            {
                return null;
            }
            if (text.IndexOf('\0') >= 0)
            {
                throw HimdsException.InvalidArgument(
                    what + " contains a NUL character",
                    "Pass the text without control characters.");
            }
            try
            {
                byte[] bytes = new byte[Strict.GetByteCount(text) + 1];
                Strict.GetBytes(text, 0, text.Length, bytes, 0);
                return bytes;
            }
            catch (EncoderFallbackException)
            {
                throw HimdsException.InvalidArgument(
                    what + " is not valid Unicode: it contains half of a surrogate pair",
                    "Pass the text as it was before it was cut or wrongly decoded.");
            }
        }

        /// <summary>The text that <paramref name="getter"/> finds in <paramref name="handle"/>; "" if there is none.</summary>
        internal static string Read<T>(T handle, Getter<T> getter)
            where T : SafeHandle
        {
            // The pointer is borrowed from the native object, so that is kept alive until the text is copied.
            bool held = false;
            try
            {
                handle.DangerousAddRef(ref held);
                UIntPtr length;
                IntPtr text = getter(handle, out length);
                return FromBytes(text, length);
            }
            finally
            {
                if (held)
                {
                    handle.DangerousRelease();
                }
            }
        }

        /// <summary>The same, into memory that Windows encrypts and that is wiped when it is disposed.</summary>
        internal static SecureString ReadSecure<T>(T handle, Getter<T> getter)
            where T : SafeHandle
        {
            bool held = false;
            try
            {
                handle.DangerousAddRef(ref held);
                UIntPtr length;
                IntPtr text = getter(handle, out length);
                return ToSecure(text, checked((int)length));
            }
            finally
            {
                if (held)
                {
                    handle.DangerousRelease();
                }
            }
        }

        /// <summary>A static NUL-terminated text of the library: a version, a name.</summary>
        internal static string FromStatic(IntPtr text)
        {
            int length = 0;
            while (text != IntPtr.Zero && Marshal.ReadByte(text, length) != 0)
            {
                length++;
            }
            return FromBytes(text, (UIntPtr)(uint)length);
        }

        /// <summary>The secret as NUL-terminated UTF-8. The caller wipes the bytes.</summary>
        internal static byte[] ToNative(SecureString secret, string what)
        {
            char[] characters = new char[secret.Length];
            IntPtr copy = Marshal.SecureStringToGlobalAllocUnicode(secret);
            try
            {
                Marshal.Copy(copy, characters, 0, characters.Length);
                if (Array.IndexOf(characters, '\0') >= 0)
                {
                    throw HimdsException.InvalidArgument(what + " contains a NUL character", "Pass the token itself.");
                }
                byte[] bytes = new byte[Encoding.UTF8.GetByteCount(characters) + 1];
                Encoding.UTF8.GetBytes(characters, 0, characters.Length, bytes, 0);
                return bytes;
            }
            finally
            {
                Marshal.ZeroFreeGlobalAllocUnicode(copy);
                Array.Clear(characters, 0, characters.Length);
            }
        }

        private static string FromBytes(IntPtr text, UIntPtr length)
        {
            if (text == IntPtr.Zero || length == UIntPtr.Zero)
            {
                return "";
            }
            byte[] bytes = new byte[checked((int)length)];
            Marshal.Copy(text, bytes, 0, bytes.Length);
            try
            {
                return Encoding.UTF8.GetString(bytes);
            }
            finally
            {
                // It may have been a token; the string cannot be wiped, this copy can.
                Array.Clear(bytes, 0, bytes.Length);
            }
        }

        private static SecureString ToSecure(IntPtr text, int length)
        {
            byte[] bytes = new byte[length];
            char[] characters = null;
            SecureString secret = new SecureString();
            try
            {
                Marshal.Copy(text, bytes, 0, length);
                characters = Encoding.UTF8.GetChars(bytes);
                foreach (char character in characters)
                {
                    secret.AppendChar(character);
                }
                secret.MakeReadOnly();
                return secret;
            }
            catch
            {
                secret.Dispose();
                throw;
            }
            finally
            {
                Array.Clear(bytes, 0, bytes.Length);
                if (characters != null)
                {
                    Array.Clear(characters, 0, characters.Length);
                }
            }
        }
    }
}
