# One upload by Ruby's Net::HTTP: ruby clients.rb WAY FILE URL [FIRST_URL]; prints what its caller sees.
require "net/http"

way, path, url, first = ARGV
if way == "--version"
  puts RUBY_VERSION
else
  address = URI(url)
  begin
    Net::HTTP.start(address.host, address.port) do |http|
      http.get(URI(first).path) if first
      request = Net::HTTP::Post.new(address.path)
      if way == "body_stream"
        request.body_stream = File.open(path, "rb")
        request.content_length = File.size(path)
      else
        request.body = File.binread(path)
      end
      puts http.request(request).code
    end
  rescue StandardError => error
    puts error.class
  end
end
