function ConvertFrom-HimdsJsonElement {
    <#
    .SYNOPSIS
    One JSON value as PowerShell has it: an object, an array, a text, a number, a boolean or null.
    #>
    [CmdletBinding()]
    [OutputType([pscustomobject], [array], [string], [long], [double], [bool])]
    param(
        # System.Text.Json.JsonElement, a type that Windows PowerShell does not know.
        [Parameter(Mandatory)]
        [object] $Element
    )

    switch ([string] $Element.ValueKind) {
        'Object' {
            $members = [ordered] @{}
            foreach ($property in $Element.EnumerateObject()) {
                $name = $property.Name
                if ($name -eq '') {
                    throw 'it has a member without a name.'
                }
                if ($members.Contains($name) -and $members.Keys -cnotcontains $name) {
                    throw "it has members whose names differ in letter case alone: '$name'."
                }
                $members[$name] = ConvertFrom-HimdsJsonElement -Element $property.Value
            }
            [pscustomobject] $members
        }
        'Array' {
            $items = [System.Collections.Generic.List[object]]::new()
            foreach ($item in $Element.EnumerateArray()) {
                $items.Add((ConvertFrom-HimdsJsonElement -Element $item))
            }
            , $items.ToArray()
        }
        'String' {
            $Element.GetString()
        }
        'Number' {
            $whole = [long] 0
            if ($Element.TryGetInt64([ref] $whole)) {
                $whole
            }
            else {
                $Element.GetDouble()
            }
        }
        'True' {
            $true
        }
        'False' {
            $false
        }
        default {
            $null
        }
    }
}
