function Resolve-HimdsException {
    <#
    .SYNOPSIS
    The HimdsException in an error record, or nothing. The editions of PowerShell wrap what a method throws differently.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [System.Management.Automation.ErrorRecord] $ErrorRecord
    )

    $exception = $ErrorRecord.Exception
    while ($null -ne $exception -and $exception -isnot [Himds.Abi1.HimdsException]) {
        $exception = $exception.InnerException
    }
    $exception
}
