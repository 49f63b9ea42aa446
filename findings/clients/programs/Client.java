// Client.java VARIANT FILE URL...: posts a file with one of the JDK's two clients.
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;

class Client {
    public static void main(String[] args) throws Exception {
        var said = new StringBuilder();
        var client = HttpClient.newHttpClient();
        try {
            for (int n = 2; n < args.length; n++) {
                var address = URI.create(args[n]);
                if (args[0].equals("httpclient")) {
                    var body = HttpRequest.BodyPublishers.ofFile(Path.of(args[1]));
                    var request = HttpRequest.newBuilder(address).POST(body).build();
                    said.append(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode());
                } else {
                    var connection = (HttpURLConnection) address.toURL().openConnection();
                    connection.setRequestMethod("POST");
                    connection.setDoOutput(true);
                    connection.getOutputStream().write(Files.readAllBytes(Path.of(args[1])));
                    said.append(connection.getResponseCode());
                    var answer = connection.getErrorStream() != null ? connection.getErrorStream() : connection.getInputStream();
                    answer.readAllBytes();
                }
                said.append(" ");
            }
        } catch (java.io.IOException error) {
            said.append(error.getClass().getSimpleName());
        }
        System.out.println(said);
        System.exit(0);
    }
}
