# client.rb VARIANT FILE URL...: posts a file with Net::HTTP.
require "net/http"
variant, file, *urls = ARGV
said = []
address = URI(urls.first)
begin
  Net::HTTP.start(address.host, address.port, read_timeout: 25) do |http|
    urls.each do |url|
      request = Net::HTTP::Post.new(URI(url))
      if variant == "stream"
        request.body_stream = File.open(file, "rb")
        request.content_length = File.size(file)
      else
        request.body = File.binread(file)
      end
      said << http.request(request).code
    end
  end
rescue => error
  said << error.class.name
end
puts said.join(" ")
