import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;

/** One upload by an HTTP client of Java: java Clients.java WAY FILE URL [FIRST_URL]; prints what its caller sees. */
public class Clients {
    public static void main(String[] given) {
        try {
            if (given[0].equals("--version")) System.out.println(System.getProperty("java.version"));
            else System.out.println(given[0].startsWith("HttpClient") ? modern(given) : old(given));
        } catch (Exception error) {
            System.out.println(error.getClass().getName());
        }
    }

    static int modern(String[] given) throws Exception {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        if (given.length > 3) client.send(HttpRequest.newBuilder(URI.create(given[3])).build(), BodyHandlers.ofString());
        HttpRequest request = HttpRequest.newBuilder(URI.create(given[2]))
            .POST(HttpRequest.BodyPublishers.ofFile(Path.of(given[1]))).build();
        return client.send(request, BodyHandlers.ofString()).statusCode();
    }

    static int old(String[] given) throws Exception {
        if (given.length > 3) try (InputStream in = URI.create(given[3]).toURL().openStream()) { in.readAllBytes(); }
        HttpURLConnection connection = (HttpURLConnection) URI.create(given[2]).toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        byte[] body = Files.readAllBytes(Path.of(given[1]));
        if (given[0].endsWith("fixed")) connection.setFixedLengthStreamingMode(body.length);
        try (OutputStream out = connection.getOutputStream()) { out.write(body); }
        int status = connection.getResponseCode();
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) { in.readAllBytes(); }
        return status;
    }
}
