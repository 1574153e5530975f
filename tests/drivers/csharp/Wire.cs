using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

/// <summary>The words of the drivers' protocol: tab-separated, names and values percent-encoded.</summary>
internal static class Wire
{
    internal static Dictionary<string, string> Parse(string line)
    {
        Dictionary<string, string> request = new Dictionary<string, string>(StringComparer.Ordinal);
        string[] words = line.TrimEnd('\r', '\n').Split('\t');
        request["operation"] = Decode(words[0]);
        for (int i = 1; i < words.Length; i++)
        {
            int equals = words[i].IndexOf('=');
            if (equals >= 0)
            {
                request[Decode(words[i].Substring(0, equals))] = Decode(words[i].Substring(equals + 1));
            }
        }
        return request;
    }

    internal static string Get(Dictionary<string, string> request, string name)
    {
        string value;
        return request.TryGetValue(name, out value) ? value : null;
    }

    internal static double? Seconds(Dictionary<string, string> request, string name)
    {
        string value = Get(request, name);
        if (value == null)
        {
            return null;
        }
        return value.ToLowerInvariant() == "nan" ? double.NaN : double.Parse(value, CultureInfo.InvariantCulture);
    }

    internal static string UnixSeconds(DateTimeOffset time)
    {
        TimeSpan since = time - new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return Math.Floor(since.TotalSeconds).ToString("F0", CultureInfo.InvariantCulture);
    }

    internal static string Encode(string text)
    {
        StringBuilder encoded = new StringBuilder();
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            char character = (char)value;
            bool plain = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
                || (character >= '0' && character <= '9') || "._~-".IndexOf(character) >= 0;
            if (plain)
            {
                encoded.Append(character);
            }
            else
            {
                encoded.Append('%').Append(value.ToString("X2", CultureInfo.InvariantCulture));
            }
        }
        return encoded.ToString();
    }

    internal static string JsonObject(IDictionary<string, string> members)
    {
        List<string> written = new List<string>();
        foreach (KeyValuePair<string, string> member in members)
        {
            written.Add(JsonString(member.Key) + ":" + JsonString(member.Value));
        }
        return "{" + string.Join(",", written) + "}";
    }

    private static string JsonString(string text)
    {
        StringBuilder json = new StringBuilder("\"");
        foreach (char character in text)
        {
            if (character == '"' || character == '\\')
            {
                json.Append('\\').Append(character);
            }
            else if (character < ' ')
            {
                json.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                json.Append(character);
            }
        }
        return json.Append('"').ToString();
    }

    private static string Decode(string word)
    {
        List<byte> bytes = new List<byte>();
        for (int i = 0; i < word.Length; i++)
        {
            if (word[i] == '%')
            {
                bytes.Add(byte.Parse(word.Substring(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(word.Substring(i, 1)));
            }
        }
        try
        {
            return new UTF8Encoding(false, true).GetString(bytes.ToArray());
        }
        catch (DecoderFallbackException)
        {
            return WithHalves(bytes);
        }
    }

    /// <summary>
    /// A .NET string holds no invalid UTF-8; what corresponds to it is half of a surrogate pair, which cannot be written
    /// as UTF-8.
    /// </summary>
    private static string WithHalves(List<byte> bytes)
    {
        StringBuilder text = new StringBuilder();
        foreach (byte value in bytes)
        {
            text.Append(value < 0x80 ? (char)value : (char)(0xDC00 + value));
        }
        return text.ToString();
    }
}

/// <summary>An answer that is being written.</summary>
internal sealed class Answer
{
    private readonly StringBuilder line;

    internal Answer(string result)
    {
        line = new StringBuilder(result);
    }

    /// <summary>Adds a field; null is left out.</summary>
    internal Answer Add(string name, string value)
    {
        if (value != null)
        {
            line.Append('\t').Append(name).Append('=').Append(Wire.Encode(value));
        }
        return this;
    }

    public override string ToString()
    {
        return line.ToString();
    }
}
