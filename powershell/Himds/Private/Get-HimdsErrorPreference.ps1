function Get-HimdsErrorPreference {
    <#
    .SYNOPSIS
    What the caller of a function prefers to happen with errors.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [System.Management.Automation.PSCmdlet] $Cmdlet
    )

    $preference = $Cmdlet.GetVariableValue('ErrorActionPreference')
    if ($preference -eq 'Ignore' -and $PSVersionTable.PSEdition -ne 'Core') {
        # Windows PowerShell sets a variable to it for -ErrorAction Ignore, but fails where it then finds it in one.
        $preference = 'SilentlyContinue'
    }
    $preference
}
