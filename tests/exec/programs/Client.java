import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

/** Java's two clients. */
public final class Client {
    public static void main(String[] arguments) throws Exception {
        String url = System.getenv("URL");
        if (arguments[0].equals("HttpClient")) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url)).header("Metadata", "true").build();
            System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
            return;
        }
        HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
        connection.setRequestProperty("Metadata", "true");
        try (InputStream body = connection.getInputStream()) {
            System.out.println(new String(body.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
