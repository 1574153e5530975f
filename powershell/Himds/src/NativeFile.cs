using System;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Himds.Abi1
{
    /// <summary>
    /// Loads a native library by its full path. <c>DllImport</c> cannot: if the library next to the assembly does not load,
    /// it goes on to look for one of that name elsewhere, for example in <c>LD_LIBRARY_PATH</c>.
    /// </summary>
    internal static class NativeFile
    {
        private const uint LoadWithAlteredSearchPath = 8;

        /// <summary>Loads the file and keeps it loaded.</summary>
        /// <exception cref="DllNotFoundException">It is missing, or the system's loader refuses it.</exception>
        /// <exception cref="BadImageFormatException">It is not a library for this platform.</exception>
        internal static void Load(string file)
        {
            // .NET Core 3 and newer. .NET Framework does not have the class, so it cannot be named here.
            Type library = Type.GetType("System.Runtime.InteropServices.NativeLibrary");
            MethodInfo load = library == null ? null : library.GetMethod("Load", new[] { typeof(string) });
            if (load != null)
            {
                ((Func<string, IntPtr>)Delegate.CreateDelegate(typeof(Func<string, IntPtr>), load))(file);
            }
            else if (LoadLibraryEx(file, IntPtr.Zero, LoadWithAlteredSearchPath) == IntPtr.Zero)
            {
                throw new DllNotFoundException(Marshal.GetExceptionForHR(Marshal.GetHRForLastWin32Error()).Message);
            }
        }

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true, ExactSpelling = true, EntryPoint = "LoadLibraryExW")]
        private static extern IntPtr LoadLibraryEx(string file, IntPtr reserved, uint flags);
    }
}
