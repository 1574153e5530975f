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
        [string] $Text,

        # A hint is the library's own, whereas a message may hold a server's words, which stay as they are.
        [switch] $IsHint
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
    if ($IsHint) {
        foreach ($option in 'client_id', 'object_id', 'resource_id') {
            $Text = $Text -creplace "\b$option\b", "-$($parameters[$option])"
        }
        # Not a parameter: who needs it writes a program.
        $Text = $Text -creplace '\bthe option verify_peer\b', 'the property VerifyPeer of [Himds.Abi1.ClientOptions]'
    }
    $Text -creplace '\bthe source (himds|imds)\b', '-Source $1'
}
