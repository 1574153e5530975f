function ConvertTo-HimdsParameterName {
    <#
    .SYNOPSIS
    A message or hint of the library in which its options have the names of the module's parameters.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [AllowNull()]
        [AllowEmptyString()]
        [string] $Text
    )

    $parameters = [ordered]@{
        source      = 'Source'
        endpoint    = 'Endpoint'
        token_dir   = 'TokenDirectory'
        timeout     = 'TimeoutSec'
        client_id   = 'ClientId'
        object_id   = 'ObjectId'
        resource_id = 'ResourceId'
    }
    foreach ($option in $parameters.Keys) {
        $Text = $Text -creplace "\bthe option $option\b", "the parameter -$($parameters[$option])"
    }
    $Text -creplace '\bthe source (himds|imds)\b', '-Source $1'
}
