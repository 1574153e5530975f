using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

/// <summary>The running emulator: where it listens, and its admin path.</summary>
internal sealed class Emulator
{
    private readonly List<string> faults = new List<string>();

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
        Send("POST", "clear-cache", "");
        faults.Clear();
        SendFaults();
    }

    internal void Fault(string json)
    {
        faults.Add(json);
        SendFaults();
    }

    /// <summary>How many requests came since the last reset.</summary>
    internal int Requests()
    {
        return Regex.Matches(Send("GET", "requests", null), "\"number\":").Count;
    }

    private void SendFaults()
    {
        Send("DELETE", "faults", null);
        Send("POST", "faults", "[" + string.Join(",", faults) + "]");
    }

    private static string Member(string json, string name)
    {
        return Regex.Match(json, "\"" + name + "\": *\"([^\"]*)\"").Groups[1].Value.Replace("\\\\", "\\");
    }

    // A socket, because the HTTP clients that mono and .NET have in common are obsolete in one and unreliable in the other.
    private string Send(string method, string path, string body)
    {
        Uri address = new Uri(Himds);
        byte[] content = Encoding.UTF8.GetBytes(body ?? "");
        string head = method + " /emulator/" + path + " HTTP/1.1\r\nHost: " + address.Authority
            + "\r\nContent-Type: application/json\r\nContent-Length: " + content.Length + "\r\nConnection: close\r\n\r\n";
        using (TcpClient connection = new TcpClient(address.Host, address.Port))
        using (NetworkStream stream = connection.GetStream())
        using (StreamReader reader = new StreamReader(stream))
        {
            byte[] bytes = Encoding.ASCII.GetBytes(head);
            stream.Write(bytes, 0, bytes.Length);
            stream.Write(content, 0, content.Length);
            string answer = reader.ReadToEnd();
            Check.True(answer.StartsWith("HTTP/1.1 2", StringComparison.Ordinal), "the emulator does it: " + answer);
            return answer;
        }
    }
}
