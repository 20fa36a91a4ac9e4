"""The HTML that the cloud serves: sign-in pages, the signed-in page and maintenance notices (docs/api.md §2.7)."""

LOGIN_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta http-equiv="X-UA-Compatible" content="IE=edge">
<title>Sign in</title>
<script>var otLang = "en"; function OptanonWrapper() {}</script>
<link rel="canonical" href="https://enlighten.enphaseenergy.com/login">
</head>
<body>
<form action="/login/login" method="post">
<input type="email" name="user[email]"><input type="password" name="user[password]">
<button type="submit">Sign in</button>
</form>
</body>
</html>
"""

CODE_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><title>Verify it is you</title></head>
<body>
<form action="/app-api/validate_login_otp" method="post"><input name="otp" autocomplete="one-time-code"></form>
</body>
</html>
"""

HOME_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta http-equiv="X-UA-Compatible" content="IE=edge">
<title>Your system</title>
<script>var otLang = "en"; function OptanonWrapper() {}</script>
</head>
<body><main id="system"></main></body>
</html>
"""

MAINTENANCE_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><title>We will be right back</title></head>
<body><h1>Scheduled maintenance</h1><p>Please come back in a few minutes.</p></body>
</html>
"""
