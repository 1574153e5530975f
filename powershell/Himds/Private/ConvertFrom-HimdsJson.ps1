function ConvertFrom-HimdsJson {
    <#
    .SYNOPSIS
    JSON as objects, in which a text stays a text; if PowerShell cannot make objects of it, an error of the calling function.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [System.Management.Automation.PSCmdlet] $Cmdlet,

        [Parameter(Mandatory)]
        [string] $Json,

        [AllowNull()]
        [object] $TargetObject
    )

    try {
        # By way of a variable, so that a list is handed on by its elements in every edition.
        if ($PSVersionTable.PSEdition -eq 'Core') {
            # Not ConvertFrom-Json, which makes a date of every text that looks like one, and can be told not to only from 7.5 on.
            $document = [System.Text.Json.JsonDocument]::Parse($Json)
            try {
                $objects = ConvertFrom-HimdsJsonElement -Element $document.RootElement
            }
            finally {
                $document.Dispose()
            }
        }
        else {
            # Windows PowerShell makes a date of "\/Date(0)\/", but not of the same text with plain slashes.
            $objects = ConvertFrom-Json -InputObject ($Json -replace '(?<!\\)((?:\\\\)*)\\/', '$1/')
        }
    }
    catch {
        # Names that differ in letter case alone, or an empty one: valid JSON, but not an object of PowerShell.
        $exception = [Himds.Abi1.HimdsException]::Unusable($_.Exception.GetBaseException().Message)
        Write-HimdsError -Cmdlet $Cmdlet -Exception $exception -TargetObject $TargetObject
        return
    }
    $objects
}
