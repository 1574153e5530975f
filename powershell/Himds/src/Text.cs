namespace Himds.Abi1
{
    /// <summary>A text that the native library made for the caller.</summary>
    internal static class Text
    {
        /// <summary>Copies the text and frees it.</summary>
        internal static string Take(TextHandle handle)
        {
            using (handle)
            {
                return Utf8.Read(handle, NativeMethods.himds_text_data);
            }
        }
    }
}
