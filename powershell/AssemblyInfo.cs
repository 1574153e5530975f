using System.Runtime.InteropServices;

// Of the packed assembly alone, not of Himds.cs, whose users may keep the library where the system looks: the native library
// is the one beside the assembly, never one that the current directory or PATH offers.
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.System32)]
