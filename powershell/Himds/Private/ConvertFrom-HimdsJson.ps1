function ConvertFrom-HimdsJson {
    <#
    .SYNOPSIS
    JSON as objects, in which a text stays a text.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [string] $Json
    )

    $arguments = @{ InputObject = $Json }
    # PowerShell 7 makes a date of every text that looks like one, and a tag's value may. 7.5 can be told not to.
    if ((Get-Command -Name 'ConvertFrom-Json' -CommandType Cmdlet).Parameters.ContainsKey('DateKind')) {
        $arguments['DateKind'] = 'String'
    }
    ConvertFrom-Json @arguments
}
