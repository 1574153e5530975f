function Get-HimdsRuntimeId {
    <#
    .SYNOPSIS
    The .NET name of the platform that this process runs on, such as linux-x64: the name of the library's folder.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param()

    if ($PSVersionTable.PSEdition -ne 'Core') {
        # Windows PowerShell knows no $IsWindows, and RuntimeInformation only from .NET Framework 4.7.1 on.
        if ([System.IntPtr]::Size -eq 4) {
            return 'win-x86'
        }
        if ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64') {
            return 'win-arm64'
        }
        return 'win-x64'
    }

    $architecture = [System.Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture.ToString().ToLowerInvariant()
    if ($IsWindows) {
        return "win-$architecture"
    }
    if ($IsMacOS) {
        return "osx-$architecture"
    }
    # Which C library this very process uses. A file such as /lib/ld-musl-x86_64.so.1 may exist on a glibc system too.
    $maps = '/proc/self/maps'
    if ([System.IO.File]::Exists($maps) -and [System.IO.File]::ReadAllText($maps) -match '/(ld-musl-|libc\.musl-)') {
        return "linux-musl-$architecture"
    }
    return "linux-$architecture"
}
