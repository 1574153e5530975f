function ConvertFrom-HimdsJson {
    <#
    .SYNOPSIS
    JSON as objects, in which a text stays a text; an error of the calling function where PowerShell cannot make objects of it.
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

    $arguments = @{ InputObject = $Json }
    # PowerShell 7 makes a date of every text that looks like one, and a tag's value may. 7.5 can be told not to.
    if ((Get-Command -Name 'ConvertFrom-Json' -CommandType Cmdlet).Parameters.ContainsKey('DateKind')) {
        $arguments['DateKind'] = 'String'
    }
    try {
        # By way of a variable, because Windows PowerShell hands on a list as one object, PowerShell 7 its elements.
        $objects = ConvertFrom-Json @arguments
    }
    catch {
        # Names that differ in letter case alone, or an empty one: JSON that is right, but makes no object.
        $exception = [Himds.Abi1.HimdsException]::Unusable($_.Exception.Message)
        Write-HimdsError -Cmdlet $Cmdlet -Exception $exception -TargetObject $TargetObject
        return
    }
    $objects
}
