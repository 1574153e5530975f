using System;

namespace Himds.Abi1
{
    /// <summary>The native library below these classes.</summary>
    public static class Library
    {
        /// <summary>
        /// What <c>DllImport</c> looks for: <c>libhimds.so</c> or <c>himds.dll</c> in the assembly's own folder, then where the
        /// system looks. The module's loader puts an absolute path here before it compiles this source in memory, because
        /// such an assembly has no folder.
        /// </summary>
        internal const string Path = "himds";

        /// <summary>The generation of the C interface that this source was written for; the namespace carries it too.</summary>
        public const int AbiVersion = 1;

        /// <summary>The file that is asked for, as it stands in <c>DllImport</c>.</summary>
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
        /// Loads the native library and compares its generation with this source's. Throws
        /// <see cref="DllNotFoundException"/> where there is none and <see cref="BadImageFormatException"/> where it is
        /// another platform's or another generation's: what follows would otherwise read memory that is not there.
        /// </summary>
        public static void Verify()
        {
            long found = Loaded();
            if (found != AbiVersion)
            {
                throw new BadImageFormatException(string.Format(
                    "The native himds library {0} has the interface generation {1}; these classes need {2}.",
                    Version, found, AbiVersion));
            }
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
                throw new BadImageFormatException("'" + Path + "' is no library for this platform.");
            }
            catch (Exception exception)
            {
                // A host's own search may fail with anything: PowerShell 7's does for an assembly that was compiled in memory.
                string why = exception is DllNotFoundException ? exception.Message : exception.GetType().Name;
                throw new DllNotFoundException(
                    "'" + Path + "' cannot be loaded: it is missing, or no library for this platform (" + why + ").");
            }
        }
    }
}
