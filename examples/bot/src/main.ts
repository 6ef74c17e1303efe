// A bot that answers whoever writes to it. SKEIN_URL, SKEIN_TOKEN (npm run --silent skein -- token --user 9000 --data .skein/dev --role service)
import { createSkein } from '@skein/client';
import { Echo } from './echo.ts';

const { SKEIN_URL: url = 'http://127.0.0.1:7080', SKEIN_TOKEN: token } = process.env;
if (token === undefined) {
  console.error(
    'SKEIN_TOKEN is not set: npm run --silent skein -- token --user 9000 --data .skein/dev --role service',
  );
  process.exit(2);
}

const skein = createSkein({ url, token: () => token });
const echo = new Echo(skein);
skein.connection.subscribe(({ line }) => console.log(line.name));

process.once('SIGINT', () => {
  echo.stop();
  skein.close();
});
