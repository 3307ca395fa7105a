/** What a browser gets that is not signed in; API clients meet it after redirects. */
export const LOGIN_PAGE = `<!DOCTYPE html>
<html><head><title>Databricks - Sign In</title></head>
<body><form action="/login.html" method="post"><input name="user"><input name="password" type="password"></form></body></html>
`;
