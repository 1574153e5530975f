function ConvertTo-HimdsParameterName {
    <#
    .SYNOPSIS
    A message or hint of the library, with the module's parameters in place of the library's options.
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
        $Text = $Text -creplace "(^|\bthe (option|identity's) )$option\b", "the parameter -$($parameters[$option])"
    }
    $Text -creplace '\bthe source (himds|imds)\b', '-Source $1'
}
