using System;

namespace Himds.Abi1
{
    /// <summary>The native library below these classes.</summary>
    public static class Library
    {
        /// <summary>
        /// What <c>DllImport</c> looks for: <c>libhimds.so</c> or <c>himds.dll</c> in the assembly's own folder, then in the
        /// folders that the system searches. The module's loader puts an absolute path here before it compiles this source
        /// in memory, because such an assembly has no folder.
        /// </summary>
        internal const string Path = "himds";

        /// <summary>The generation of the C interface that this source was written for; the namespace carries it too.</summary>
        public const int AbiVersion = 1;

        private static volatile bool verified;

        /// <summary>The library's name or path, as <c>DllImport</c> has it.</summary>
        public static string Name
        {
            get { return Path; }
        }

        /// <summary>The version of the native library, for example <c>0.1.0</c>.</summary>
        public static string Version
        {
            get { return Utf8.FromStatic(NativeMethods.himds_version()); }
        }

        /// <summary>
        /// Loads this file as the native library and verifies it. Call it before you use these classes, with the
        /// library in the assembly's own folder: if that one is unusable, no other library of its name takes its place.
        /// </summary>
        /// <param name="file">The full path.</param>
        /// <exception cref="DllNotFoundException">The file is missing, or the system cannot load it.</exception>
        /// <exception cref="BadImageFormatException">It is not a himds library, or one of another generation.</exception>
        public static void Load(string file)
        {
            try
            {
                NativeFile.Load(file);
            }
            catch (Exception exception)
            {
                throw NotLoaded(file, exception);
            }
            Verify();
        }

        /// <summary>
        /// Loads the native library, unless that was done before, and compares its generation with this source's: with
        /// another one, later calls would read memory that is not there.
        /// </summary>
        /// <exception cref="DllNotFoundException">There is no such library, or the system cannot load it.</exception>
        /// <exception cref="BadImageFormatException">It is not a himds library, or one of another generation.</exception>
        public static void Verify()
        {
            if (verified)
            {
                return;
            }
            long found = Loaded();
            if (found != AbiVersion)
            {
                throw new BadImageFormatException(string.Format(
                    "The native himds library {0} has the interface generation {1}; these classes need {2}.",
                    Version, found, AbiVersion));
            }
            verified = true;
        }

        private static long Loaded()
        {
            try
            {
                return NativeMethods.himds_abi_version();
            }
            catch (EntryPointNotFoundException)
            {
                throw new BadImageFormatException("'" + Path + "' is a library, but not himds.");
            }
            catch (BadImageFormatException)
            {
                throw new BadImageFormatException("'" + Path + "' is not a library for this platform.");
            }
            catch (Exception exception)
            {
                throw NotLoaded(Path, exception);
            }
        }

        private static DllNotFoundException NotLoaded(string file, Exception exception)
        {
            // A host's own search may fail with anything: PowerShell 7's does for an assembly that was compiled in memory.
            bool says = exception is DllNotFoundException || exception is BadImageFormatException;
            string why = says ? exception.Message.Trim() : exception.GetType().Name;
            return new DllNotFoundException(
                "'" + file + "' cannot be loaded: it is missing, or not a library for this platform (" + why + ").");
        }
    }
}
