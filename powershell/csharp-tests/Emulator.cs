using System;
using System.IO;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

/// <summary>The running emulator: where it listens, and its admin path.</summary>
internal sealed class Emulator
{
    internal Emulator(string readyFile)
    {
        string json = File.ReadAllText(readyFile);
        Himds = Member(json, "himds");
        Imds = Member(json, "imds");
        TokenDirectory = Member(json, "token_dir");
    }

    internal string Himds { get; private set; }

    internal string Imds { get; private set; }

    internal string TokenDirectory { get; private set; }

    /// <summary>Forgets requests, faults and cached tokens.</summary>
    internal void Reset()
    {
        Send("DELETE", "requests", null);
        Send("DELETE", "faults", null);
        Send("POST", "clear-cache", "");
    }

    internal void Fault(string json)
    {
        Send("POST", "faults", json);
    }

    /// <summary>How many requests came since the last reset.</summary>
    internal int Requests()
    {
        return Regex.Matches(Send("GET", "requests", null), "\"number\":").Count;
    }

    private static string Member(string json, string name)
    {
        return Regex.Match(json, "\"" + name + "\": *\"([^\"]*)\"").Groups[1].Value;
    }

    private string Send(string method, string path, string body)
    {
        HttpWebRequest request = (HttpWebRequest)WebRequest.Create(Himds + "/emulator/" + path);
        request.Method = method;
        request.Proxy = null;
        if (body != null)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(body);
            request.ContentType = "application/json";
            request.ContentLength = bytes.Length;
            using (Stream stream = request.GetRequestStream())
            {
                stream.Write(bytes, 0, bytes.Length);
            }
        }
        using (WebResponse response = request.GetResponse())
        using (StreamReader reader = new StreamReader(response.GetResponseStream()))
        {
            return reader.ReadToEnd();
        }
    }
}
