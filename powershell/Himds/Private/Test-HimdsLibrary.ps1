function Test-HimdsLibrary {
    <#
    .SYNOPSIS
    Loads the native library by the script block; a failure becomes the one error that the user of the module sees.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [string] $Library,

        [Parameter(Mandatory)]
        [scriptblock] $Load
    )

    try {
        & $Load
    }
    catch {
        $cause = $_.Exception.GetBaseException()
        $message = "The native library of the module Himds ('$Library') cannot be used: " +
        "$($cause.Message) A process keeps the first library that it loads: once you have fixed this, start a new session."
        throw [System.Management.Automation.ErrorRecord]::new(
            [System.InvalidOperationException]::new($message, $cause),
            'Himds.library_unusable', [System.Management.Automation.ErrorCategory]::NotInstalled, $Library)
    }
}
